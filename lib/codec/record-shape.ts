import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import type { ColumnKind } from './cells.js';
import type { CompiledRows } from './compile-rows.js';
import { MemberGroup, prototypeOf, type Member } from './member.js';
import { transformOf } from './transform.js';

type ColumnMetadata = EntityMetadata['columns'][number];
type EmbeddedMetadata = EntityMetadata['embeddeds'][number];

/** There are as many layouts as queries select different properties: few, unless a program composes selections at random. */
const MOST_COMPILED = 200;

const shapes = new WeakMap<EntityMetadata, RecordShape>();

/** What the codec knows of one entity: its members in a fixed order, and what is to be in no entry. */
export class RecordShape {
  /** Embedded objects, columns, relations and relation ids; payloads name them by their place here. */
  readonly members: Member[] = [];
  readonly group: MemberGroup;
  readonly #keptOut = new Set<Member>();
  /** By layout. */
  readonly #compiled = new Map<string, CompiledRows[]>();
  #compiledCount = 0;
  #family: RecordShape[] | undefined;

  static of(metadata: EntityMetadata): RecordShape {
    let shape = shapes.get(metadata);
    if (!shape) shapes.set(metadata, (shape = new RecordShape(metadata)));
    return shape;
  }

  private constructor(readonly metadata: EntityMetadata) {
    const { target } = metadata;
    this.group = new MemberGroup(prototypeOf(target), () => this.create(), '', 'entity');
    for (const column of metadata.columns) {
      // TypeORM keeps foreign keys and discriminators that have no property of their own off the entity.
      if (!column.isVirtual) this.#add(column.propertyName, column.embeddedMetadata, asColumn(column));
    }
    for (const relation of metadata.relations) {
      const { propertyName: name, embeddedMetadata: embedded } = relation;
      // A lazy relation's property is a getter that queries; what is loaded lies beside it.
      this.#add(relation.isLazy ? `__${name}__` : name, embedded, { relation });
      if (relation.isLazy) this.#add(`__has_${name}__`, embedded, {});
    }
    for (const { propertyName } of metadata.relationIds) this.#add(propertyName, undefined, {});
    for (const embedded of metadata.allEmbeddeds) {
      for (const { propertyName } of embedded.relationIds) this.#add(propertyName, embedded, {});
    }
  }

  /** The entity itself and those that inherit from it, of which a query may return any. */
  get family(): readonly RecordShape[] {
    return (this.#family ??= [this.metadata, ...this.metadata.childEntityMetadatas].map(RecordShape.of));
  }

  /** A new entity as TypeORM makes one to fill it. */
  create(): ObjectLiteral {
    return this.metadata.create(undefined, { fromDeserializer: true });
  }

  describes(value: unknown): value is ObjectLiteral {
    return this.group.describes(value);
  }

  /** From now on this property, an embedded object or one inside of it included, is to be in no entry. `false` if there is none. */
  keepOut(path: string): boolean {
    // What is loaded of a lazy relation lies under another name.
    const member = this.members.find((each) => each.path === path || each.relation?.propertyPath === path);
    if (member) this.#keptOut.add(member);
    return member !== undefined;
  }

  /** The paths of what is to be in no entry. */
  get keptOut(): string[] {
    return [...this.#keptOut].map(({ path }) => path).sort();
  }

  keepsOut(member: Member): boolean {
    return this.#keptOut.size > 0 && this.#keptOut.has(member);
  }

  /** The decoder of rows with this layout, if it has been of use. */
  compiled(layout: string, kinds: readonly ColumnKind[], fresh: boolean): CompiledRows | undefined {
    return this.#compiled.get(layout)?.find((known) => known.fresh === fresh && isSame(known.kinds, kinds));
  }

  remember(layout: string, compiled: CompiledRows): void {
    if (this.#compiledCount >= MOST_COMPILED) {
      this.#compiled.clear();
      this.#compiledCount = 0;
    }
    this.#compiledCount++;
    const known = this.#compiled.get(layout);
    if (known) known.push(compiled);
    else this.#compiled.set(layout, [compiled]);
  }

  #add(name: string, embedded: EmbeddedMetadata | undefined, kind: Partial<Member>): void {
    const path = embedded?.embeddedMetadataTree ?? [];
    const group = path.reduce((outer, inner) => this.#embed(outer, inner), this.group);
    const known = group.members.get(name);
    if (known) Object.assign(known, kind);
    else this.#register(group, name, kind);
  }

  #embed(group: MemberGroup, embedded: EmbeddedMetadata): MemberGroup {
    const known = group.members.get(embedded.propertyName)?.inside;
    if (known) return known;
    const path = `${group.path}${embedded.propertyName}.`;
    const inside = new MemberGroup(
      prototypeOf(embedded.type),
      () => embedded.create(),
      path,
      `object${this.members.length}`,
    );
    this.#register(group, embedded.propertyName, { inside });
    return inside;
  }

  #register(group: MemberGroup, name: string, kind: Partial<Member>): void {
    const member: Member = { number: this.members.length, name, path: group.path + name, group, ...kind };
    this.members.push(member);
    group.add(member);
  }
}

function isSame(one: readonly ColumnKind[], other: readonly ColumnKind[]): boolean {
  return one.length === other.length && one.every((kind, place) => kind === other[place]);
}

function asColumn(column: ColumnMetadata): Partial<Member> {
  const found = transformOf(column);
  return found ? { isColumn: true, transform: found } : { isColumn: true };
}
