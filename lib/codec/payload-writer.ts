import { types } from 'node:util';
import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { packCell } from './cells.js';
import type { Member, MemberGroup } from './member.js';
import { originsOf } from './origins.js';
import type { Payload } from './payload.js';
import { RecordShape } from './record-shape.js';
import { describeValue, refusal } from './refusal.js';
import { differenceOfReplay, stepsOf, type Step } from './replay.js';
import { Table, type Row } from './table.js';
import { tag, type Packed } from './values.js';

/** Turns a graph of entities into tables. Calls no getter, so it never starts a lazy relation's query. */
export class PayloadWriter {
  readonly #tables: Table[] = [];
  /** The entities whose relations are being written: meeting one again is a cycle. */
  readonly #parents = new Set<object>();

  #keptOut: string | undefined;

  /** @param shares whether related rows that are equal are written once */
  constructor(
    private readonly metadata: EntityMetadata,
    private readonly shares: boolean,
  ) {}

  write(entities: readonly ObjectLiteral[]): Payload {
    const root = this.#addTable(this.metadata);
    for (const entity of entities) root.add(this.#row(root, entity));
    const shapes = [RecordShape.of(this.metadata), ...this.#tables.flatMap((table) => table.shapes)];
    const fingerprints = [...new Set(shapes.map((shape) => shape.fingerprint))];
    const numbers = new Map(fingerprints.map((fingerprint, number) => [fingerprint, number]));
    return [fingerprints, this.#tables.map((table) => table.finish(numbers))];
  }

  /** A property among what was written that is to be in no entry. */
  get keptOut(): string | undefined {
    return this.#keptOut;
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
    const row: Row = { shape, layout: `${place}:`, members: [], cells: [], origins: originsOf(entity) };
    this.#addMembers(table, row, shape.group, entity);
    this.#parents.delete(entity);
    return row;
  }

  #addMembers(table: Table, row: Row, group: MemberGroup, from: ObjectLiteral): void {
    const { metadata } = row.shape;
    if (types.isProxy(from)) throw refusal(metadata, group.path.slice(0, -1), 'a Proxy');
    if (group.accessors.size > 0) return this.#addReplayed(table, row, group, from);
    const keys = Reflect.ownKeys(from);
    const isPlain = !group.hasOddMembers && Object.keys(from).length === keys.length;
    for (const key of keys) {
      const member = typeof key === 'string' ? group.members.get(key) : undefined;
      if (member && (isPlain || group.keeps(key, from))) this.#addMember(table, row, member, from[member.name]);
      else if (member) throw refusal(metadata, member.path, HIDDEN);
      else if (!group.makes(key, from)) {
        throw refusal(metadata, group.path + String(key), 'a value without being a column or relation');
      }
    }
  }

  /** An object whose setters run code of its class: they get what they got from TypeORM, in the same order. */
  #addReplayed(table: Table, row: Row, group: MemberGroup, from: ObjectLiteral): void {
    const steps: Step[] = [];
    for (const { member, origin } of stepsOf(group, from, row.origins)) {
      if (!origin) {
        if (!group.keeps(member.name, from)) throw refusal(row.shape.metadata, member.path, HIDDEN);
        const value: unknown = from[member.name];
        this.#addMember(table, row, member, value);
        // A copy of a column's value: a setter may change what another column holds.
        const cell = member.isColumn && value !== undefined ? row.cells.at(-1) : undefined;
        steps.push({ member, value, cell });
        continue;
      }
      this.#note(row, member, origin.value);
      if (origin.cell === undefined) throw refusal(row.shape.metadata, member.path, HIDDEN);
      steps.push({ member, value: origin.value, cell: origin.cell });
      if (origin.value === undefined) row.layout += `${member.number}u,`;
      else addCell(row, member, origin.cell);
    }
    const different = row.origins ? differenceOfReplay(group, from, steps) : [...group.accessors][0]!.name;
    if (different !== undefined) throw refusal(row.shape.metadata, group.path + different, HIDDEN);
  }

  #note({ shape }: Row, member: Member, value: unknown): void {
    if (value !== undefined && shape.keepsOut(member)) this.#keptOut = `${shape.metadata.name}.${member.path}`;
  }

  #addMember(table: Table, row: Row, member: Member, value: unknown): void {
    this.#note(row, member, value);
    if (value === undefined) row.layout += `${member.number}u,`;
    else if (member.inside?.describes(value)) {
      row.layout += `${member.number},`;
      this.#addMembers(table, row, member.inside, value);
    } else {
      const origin = row.origins?.get(member.path);
      const cell = member.inside
        ? undefined
        : (this.#reference(table, member, value) ?? packCell(value, member, origin));
      if (cell === undefined) throw refusal(row.shape.metadata, member.path, describeValue(value));
      addCell(row, member, cell);
    }
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
    const add = (one: ObjectLiteral) => (this.shares ? to.addOnce(this.#row(to, one)) : to.add(this.#row(to, one)));
    return many ? tag('many', value.map(add)) : tag('one', add(value));
  }
}

const HIDDEN = 'what its class may keep out of sight';

function addCell(row: Row, member: Member, cell: Packed): void {
  row.layout += `${member.number},`;
  row.members.push(member);
  row.cells.push(cell);
}
