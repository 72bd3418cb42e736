import { types } from 'node:util';
import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { packCell } from './cells.js';
import type { Member, MemberGroup } from './member.js';
import { originsOf } from './origins.js';
import { describeValue, refusal } from './payload-errors.js';
import type { Payload } from './payload.js';
import { RecordSet, type Row } from './record-set.js';
import { RecordShape } from './record-shape.js';
import { differenceOfReplay, stepsOf, type Step } from './replay.js';
import { tag, type Packed } from './values.js';

/** Turns a graph of entities into sets. Calls no getter, so it never starts a lazy relation's query. */
export class PayloadWriter {
  readonly #sets: RecordSet[] = [];
  /** The entities whose relations are being written: meeting one again is a cycle. */
  readonly #parents = new Set<object>();

  #keptOut: string | undefined;

  /** @param shares whether related rows that are equal are written once */
  constructor(
    private readonly metadata: EntityMetadata,
    private readonly shares: boolean,
  ) {}

  write(entities: readonly ObjectLiteral[]): Payload {
    const root = this.#addSet(this.metadata);
    for (const entity of entities) root.add(this.#row(root, entity));
    return this.#sets.map((set) => set.finish());
  }

  /** A property among what was written that is to be in no entry. */
  get keptOut(): string | undefined {
    return this.#keptOut;
  }

  #addSet(metadata: EntityMetadata): RecordSet {
    const set = new RecordSet(this.#sets.length, metadata);
    this.#sets.push(set);
    return set;
  }

  #row(set: RecordSet, entity: ObjectLiteral): Row {
    const { family } = RecordShape.of(set.metadata);
    const place = family.findIndex((shape) => shape.describes(entity));
    const shape = family[place];
    if (!shape) throw refusal(set.metadata, '', describeValue(entity));
    if (this.#parents.has(entity)) throw refusal(set.metadata, '', 'an entity that leads back to itself');
    this.#parents.add(entity);
    const row: Row = { shape, layout: `${place}:`, members: [], cells: [], origins: originsOf(entity) };
    this.#addMembers(set, row, shape.group, entity);
    this.#parents.delete(entity);
    return row;
  }

  #addMembers(set: RecordSet, row: Row, group: MemberGroup, from: ObjectLiteral): void {
    const { metadata } = row.shape;
    if (types.isProxy(from)) throw refusal(metadata, group.path.slice(0, -1), 'a Proxy');
    if (group.accessors.size > 0) return this.#addReplayed(set, row, group, from);
    const keys = Reflect.ownKeys(from);
    const isPlain = !group.hasOddMembers && Object.keys(from).length === keys.length;
    for (const key of keys) {
      const member = typeof key === 'string' ? group.members.get(key) : undefined;
      if (member && (isPlain || group.keeps(key, from))) this.#addMember(set, row, member, from[member.name]);
      else if (member) throw refusal(metadata, member.path, HIDDEN);
      else if (!group.makes(key, from)) {
        throw refusal(metadata, group.path + String(key), 'a value without being a column or relation');
      }
    }
  }

  /** An object whose setters run code of its class: they get what they got from TypeORM, in the same order. */
  #addReplayed(set: RecordSet, row: Row, group: MemberGroup, from: ObjectLiteral): void {
    const steps: Step[] = [];
    for (const { member, origin } of stepsOf(group, from, row.origins)) {
      if (!origin) {
        if (!group.keeps(member.name, from)) throw refusal(row.shape.metadata, member.path, HIDDEN);
        const value: unknown = from[member.name];
        this.#addMember(set, row, member, value);
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

  #addMember(set: RecordSet, row: Row, member: Member, value: unknown): void {
    this.#note(row, member, value);
    if (value === undefined) row.layout += `${member.number}u,`;
    else if (member.inside?.describes(value)) {
      row.layout += `${member.number},`;
      this.#addMembers(set, row, member.inside, value);
    } else {
      const origin = row.origins?.get(member.path);
      const cell = member.inside ? undefined : (this.#reference(set, member, value) ?? packCell(value, member, origin));
      if (cell === undefined) throw refusal(row.shape.metadata, member.path, describeValue(value));
      addCell(row, member, cell);
    }
  }

  /** Related rows; `undefined` for anything else, as the ids that `loadRelationIds` puts in a relation's place. */
  #reference(set: RecordSet, member: Member, value: unknown): Packed | undefined {
    if (!member.relation || value === null || typeof value !== 'object') return undefined;
    const { inverseEntityMetadata: metadata } = member.relation;
    const { family } = RecordShape.of(metadata);
    const isEntity = (one: unknown) => family.some((shape) => shape.describes(one));
    const many = Array.isArray(value);
    if (many ? !value.every(isEntity) : !isEntity(value)) return undefined;
    let related = set.related.get(member);
    if (!related) set.related.set(member, (related = this.#addSet(metadata)));
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
