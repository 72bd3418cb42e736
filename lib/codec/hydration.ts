import type { DataSource, EntityMetadata } from 'typeorm';
import { packDirect, snapshot } from './cells.js';
import { isAccessor, prototypeOf } from './member.js';
import { isLoading, remember, rememberIn, type Origin } from './origins.js';
import { asOne, transformOf, wrapperOf } from './transform.js';
import { type Packed, tag } from './values.js';

type ColumnMetadata = EntityMetadata['columns'][number];
type RelationMetadata = EntityMetadata['relations'][number];
type EmbeddedMetadata = EntityMetadata['embeddeds'][number];

const watched = new WeakSet<object>();

/**
 * Runs a load and remembers of its entities what their setters took and what their transformers made values of. Neither shows
 * afterwards: a private field, a constant, a getter that masks. Setting and making the same again is what `find` does.
 */
export function recordHydration<T>(dataSource: DataSource, load: () => Promise<T>): Promise<T> {
  // Another array after every `initialize()`, which makes the metadata anew.
  const { entityMetadatas } = dataSource;
  watchOnce(entityMetadatas, () => entityMetadatas.forEach(watch));
  return rememberIn(load);
}

function watch(metadata: EntityMetadata): void {
  const columns = metadata.columns.filter((column) => !column.isVirtual);
  const relations = metadata.relations.filter((relation) => !relation.isLazy && hasSetter(metadata, relation));
  const embeddeds = metadata.allEmbeddeds.filter((embedded) => hasSetter(metadata, embedded));
  // Of an entity with setters it is also noted what they did not take.
  const hasSetters = [relations, embeddeds].flat().length > 0 || columns.some((column) => hasSetter(metadata, column));
  for (const column of columns) {
    if (column.transformer || hasSetters) watchOnce(column, watchColumn);
    for (const embedded of embeddeds) {
      const isBehind = column.embeddedMetadata?.embeddedMetadataTree.includes(embedded);
      if (isBehind) watchUnwritten(column, embedded.propertyPath);
    }
  }
  // TypeORM merges into what a relation's getter gives, if it gives an object.
  for (const relation of relations) watchUnwritten(relation, relation.propertyPath);
}

/** An entity shares columns with those it inherits from. */
function watchOnce<T extends object>(member: T, watchIt: (member: T) => void): void {
  if (watched.has(member)) return;
  watched.add(member);
  watchIt(member);
}

/** Whether the property is one that the class declares as `set name(value) {}`. */
function hasSetter({ target }: EntityMetadata, member: ColumnMetadata | RelationMetadata | EmbeddedMetadata): boolean {
  const outer = 'embeddeds' in member ? member.parentEmbeddedMetadata : member.embeddedMetadata;
  return isAccessor(prototypeOf(outer ? outer.type : target), member.propertyName);
}

function watchColumn(column: ColumnMetadata): void {
  const transform = transformOf(column);
  let made: Origin | undefined;
  if (column.transformer && transform) {
    const { to, from } = asOne(column.transformer);
    column.transformer = wrapperOf(column.transformer, {
      to,
      from(form: unknown) {
        if (!isLoading()) return from(form) as unknown;
        // Before the transformer, which may change what it is given.
        const packed = written(() => transform.pack(form));
        const value: unknown = from(form);
        made = { value, cell: transformed(value, packed) };
        return value;
      },
    });
  }
  watchSetting(column, (entity, value) => {
    // TypeORM sets what the transformer made as soon as it has it; for some values it asks no transformer.
    const origin =
      made && Object.is(made.value, value) ? made : { value, cell: written(() => packDirect(value, transform)) };
    remember(entity, column.propertyPath, origin);
    made = undefined;
  });
}

/** That there is nothing needs no transformer to say so. */
function transformed(value: unknown, form: Packed | undefined): Packed | undefined {
  if (value === null && form === null) return null;
  return form === undefined ? undefined : tag('transformed', form);
}

/** A load must not fail for what cannot be noted of it, such as data nested deeper than the stack: not even our own. */
function written(packIt: () => Packed | undefined): Packed | undefined {
  try {
    return snapshot(packIt());
  } catch {
    return undefined;
  }
}

function watchUnwritten(member: ColumnMetadata | RelationMetadata, path: string): void {
  watchSetting(member, (entity, value) => remember(entity, path, { value, cell: undefined }));
}

/** TypeORM fills entities through their metadata: what it sets is told before a setter can change it. */
function watchSetting(
  member: ColumnMetadata | RelationMetadata,
  tell: (entity: object, value: unknown) => unknown,
): void {
  const set = member.setEntityValue.bind(member);
  member.setEntityValue = (entity, value) => {
    if (isLoading()) tell(entity, value);
    set(entity, value);
  };
}
