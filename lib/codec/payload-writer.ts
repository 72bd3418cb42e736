import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { packCell } from './cells.js';
import type { Member, MemberGroup } from './member.js';
import type { Payload } from './payload.js';
import { RecordShape } from './record-shape.js';
import { describeValue, refusal } from './refusal.js';
import { Table, type Row } from './table.js';
import { tag, type Packed } from './values.js';

/** Turns a graph of entities into tables. Reads own properties only, so it never starts a lazy relation's query. */
export class PayloadWriter {
  readonly #tables: Table[] = [];
  /** The entities whose relations are being written: meeting one again is a cycle. */
  readonly #parents = new Set<object>();

  constructor(private readonly metadata: EntityMetadata) {}

  write(entities: readonly ObjectLiteral[]): Payload {
    const root = this.#addTable(this.metadata);
    for (const entity of entities) root.add(this.#row(root, entity));
    const shapes = [RecordShape.of(this.metadata), ...this.#tables.flatMap((table) => table.shapes)];
    const fingerprints = [...new Set(shapes.map((shape) => shape.fingerprint))];
    const numbers = new Map(fingerprints.map((fingerprint, number) => [fingerprint, number]));
    return [fingerprints, this.#tables.map((table) => table.finish(numbers))];
  }

  #addTable(metadata: EntityMetadata): Table {
    const table = new Table(this.#tables.length, metadata);
    this.#tables.push(table);
    return table;
  }

  #row(table: Table, entity: ObjectLiteral): Row {
    const { family } = RecordShape.of(table.metadata);
    const place = family.findIndex((shape) => shape.describes(entity));
    const shape = family[place];
    if (!shape) throw refusal(table.metadata, '', describeValue(entity));
    if (this.#parents.has(entity)) throw refusal(table.metadata, '', 'an entity that leads back to itself');
    this.#parents.add(entity);
    const row: Row = { shape, layout: `${place}:`, members: [], cells: [] };
    this.#addMembers(table, row, shape.group, entity);
    this.#parents.delete(entity);
    return row;
  }

  #addMembers(table: Table, row: Row, group: MemberGroup, from: ObjectLiteral): void {
    for (const name of Object.keys(from)) {
      const member = group.members.get(name);
      const value: unknown = from[name];
      if (member) this.#addMember(table, row, member, value);
      else if (value !== undefined && !group.recreates(name, from)) {
        throw refusal(row.shape.metadata, group.path + name, 'a value without being a column or relation');
      }
    }
    for (const member of group.accessors) {
      if (!group.recreates(member.name, from)) {
        throw refusal(row.shape.metadata, member.path, 'a value that its setter does not take as its getter gives it');
      }
      // What was not selected: TypeORM does not call the setter either.
      if (from[member.name] !== undefined) this.#addMember(table, row, member, from[member.name]);
    }
  }

  #addMember(table: Table, row: Row, member: Member, value: unknown): void {
    if (value === undefined) {
      row.layout += `${member.number}u,`;
      return;
    }
    row.layout += `${member.number},`;
    if (member.inside?.describes(value)) {
      this.#addMembers(table, row, member.inside, value);
      return;
    }
    const cell = member.inside ? undefined : (this.#reference(table, member, value) ?? packCell(value, member));
    if (cell === undefined) throw refusal(row.shape.metadata, member.path, describeValue(value));
    row.members.push(member);
    row.cells.push(cell);
  }

  /** Related rows; `undefined` for anything else, as the ids that `loadRelationIds` puts in a relation's place. */
  #reference(table: Table, member: Member, value: unknown): Packed | undefined {
    if (!member.relation || value === null || typeof value !== 'object') return undefined;
    const { inverseEntityMetadata: metadata } = member.relation;
    const { family } = RecordShape.of(metadata);
    const isEntity = (one: unknown) => family.some((shape) => shape.describes(one));
    const many = Array.isArray(value);
    if (many ? !value.every(isEntity) : !isEntity(value)) return undefined;
    let related = table.related.get(member);
    if (!related) table.related.set(member, (related = this.#addTable(metadata)));
    const to = related;
    const add = (one: ObjectLiteral) => to.addOnce(this.#row(to, one));
    return many ? tag('many', value.map(add)) : tag('one', add(value));
  }
}
