import { type EntityMetadata, type FindOperator, InstanceChecker } from 'typeorm';
import { type Condition, mayPass } from '../journal/condition.js';
import { columnName, columnValue } from '../naming/column-value.js';
import { invalidWhereValues, dataSourceOf } from '../peers/typeorm.js';
import { properties } from '../query/properties.js';
import { isIgnored, isPlain, member } from '../query/where.js';

type Column = EntityMetadata['columns'][number];
type Relation = EntityMetadata['relations'][number];

/** What a filter asks of the rows of one table, and of those they are related to. */
export interface AskedRows {
  /** What each must pass; `undefined`: all may do. */
  readonly condition: Condition | undefined;
  /** The columns that decide. */
  readonly columns: ReadonlySet<string>;
  readonly related: ReadonlyMap<Relation, AskedRows>;
}

/** Of a filter that is not there, and of one of which no more is known than that it asks something. */
const NOTHING: AskedRows = { condition: undefined, columns: new Set(), related: new Map() };

/** Of what is not understood; beside others it stands for what they leave open. */
const ANYTHING: Condition = ['?'];

/** Of a filter that says no SQL of its own. */
export function askedRows(metadata: EntityMetadata, where: unknown, prefix = ''): AskedRows {
  if (where === undefined || where === null) return NOTHING;
  if (Array.isArray(where)) {
    const all = where.map((each) => askedRows(metadata, each, prefix));
    return all.length ? any(all) : NOTHING;
  }
  if (typeof where !== 'object') return { ...NOTHING, condition: ANYTHING };
  const parts = properties(where).map(([property, value]) => ofProperty(metadata, prefix + property, value));
  return every(parts);
}

function ofProperty(metadata: EntityMetadata, path: string, value: unknown): AskedRows {
  if (value === undefined || isIgnored(metadata, path, value)) return NOTHING;
  const { column, embedded, relation } = member(metadata, path);
  if (column) {
    const condition = columnCondition(column, value);
    return { ...NOTHING, condition, columns: new Set([nameOf(column)]) };
  }
  if (embedded) return askedRows(metadata, value, `${embedded}.`);
  return relation ? ofRelation(relation, value) : { ...NOTHING, condition: ANYTHING };
}

function ofRelation(relation: Relation, value: unknown): AskedRows {
  const { joinColumns, inverseEntityMetadata } = relation;
  const holdsKey = relation.isManyToOne || relation.isOneToOneOwner;
  const columns = new Set(holdsKey ? joinColumns.map(nameOf) : []);
  const isNested = isPlain(value) && !InstanceChecker.isFindOperator(value);
  const below = isNested ? askedRows(inverseEntityMetadata, value) : { ...NOTHING, condition: ANYTHING };
  const keys = holdsKey && isNested ? joinColumns.flatMap((column) => keyCondition(column, value)) : [];
  // Where none that is not there passes, the foreign key is that of one that is.
  if (holdsKey && !mayPassAbsent(below))
    keys.push(...joinColumns.map((column): Condition => ['not', ['null', nameOf(column)]]));
  return { condition: together('and', [ANYTHING, ...keys]), columns, related: new Map([[relation, below]]) };
}

/** Whether a row that is not there may pass: every column of it is NULL. */
export function mayPassAbsent({ condition, columns }: AskedRows): boolean {
  return mayPass(condition, Object.fromEntries([...columns].map((column) => [column, null])));
}

/** What is asked of the key of a related row is asked of the foreign key as well. */
function keyCondition(column: Column, value: object): Condition[] {
  const { referencedColumn } = column;
  if (!referencedColumn || referencedColumn.propertyPath.includes('.')) return [];
  const asked = (value as Record<string, unknown>)[referencedColumn.propertyPath];
  if (asked === undefined || asked === null) return [];
  const condition = columnCondition(column, asked);
  // That there is no related row may be for other reasons.
  return mentionsNull(condition) ? [] : [condition];
}

function mentionsNull(condition: Condition): boolean {
  switch (condition[0]) {
    case 'null':
      return true;
    case 'not':
    case 'untrue':
      return mentionsNull(condition[1]);
    case 'and':
    case 'or':
      return condition[1].some(mentionsNull);
    default:
      return false;
  }
}

function columnCondition(column: Column, value: unknown): Condition {
  if (value === null) {
    const ofNull = invalidWhereValues(column.entityMetadata).null;
    return ofNull === 'sql-null' ? ['null', nameOf(column)] : ANYTHING;
  }
  return InstanceChecker.isFindOperator(value) ? operatorCondition(column, value) : equal(column, value);
}

function operatorCondition(column: Column, operator: FindOperator<unknown>): Condition {
  const { type, child, value } = operator;
  if (operator.getSql) return ANYTHING;
  switch (type) {
    case 'isNull':
      return ['null', nameOf(column)];
    case 'not':
      return ['not', child ? operatorCondition(column, child) : equal(column, value)];
    case 'and':
    case 'or': {
      if (!Array.isArray(value) || !value.every((each) => InstanceChecker.isFindOperator(each))) return ANYTHING;
      const parts = value.map((each) => operatorCondition(column, each));
      return parts.length ? [type, parts] : ANYTHING;
    }
  }
  if (child) return ANYTHING;
  switch (type) {
    case 'equal':
      return equal(column, value);
    case 'in':
      return Array.isArray(value) ? oneOf(column, value) : ANYTHING;
    case 'lessThan':
      return ordered('<', column, value);
    case 'lessThanOrEqual':
      return ordered('<=', column, value);
    case 'moreThan':
      return ordered('>', column, value);
    case 'moreThanOrEqual':
      return ordered('>=', column, value);
    case 'between': {
      if (!Array.isArray(value) || value.length !== 2) return ANYTHING;
      return ['and', [ordered('>=', column, value[0]), ordered('<=', column, value[1])]];
    }
    default:
      return ANYTHING;
  }
}

function equal(column: Column, value: unknown): Condition {
  return oneOf(column, [value]);
}

/** More values than these, and the list of them costs every entry more than it saves. */
const MOST_VALUES = 1_000;

function oneOf(column: Column, values: readonly unknown[]): Condition {
  if (values.length > MOST_VALUES) return ANYTHING;
  const spelled = values.map((value) => (value === null ? undefined : columnValue(column, value)));
  if (spelled.every((value) => value !== undefined)) return ['in', nameOf(column), spelled];
  return values.includes(undefined) ? ANYTHING : ['and', [ANYTHING, ['not', ['null', nameOf(column)]]]];
}

function ordered(operator: '<' | '<=' | '>' | '>=', column: Column, value: unknown): Condition {
  const spelled = value === null ? undefined : columnValue(column, value);
  // Only these are sorted here as they are in the database.
  return spelled?.startsWith('i:') ? [operator, nameOf(column), spelled] : ANYTHING;
}

const nameOf = (column: Column): string => columnName(dataSourceOf(column.entityMetadata), column.databaseName);

/** Rows that pass all of these. */
export function every(parts: readonly AskedRows[]): AskedRows {
  const conditions = parts.flatMap(({ condition }) => (condition ? [condition] : []));
  return combine(parts, together('and', conditions), every);
}

/** Rows that pass one of these. */
function any(parts: readonly AskedRows[]): AskedRows {
  const conditions = parts.flatMap(({ condition }) => (condition ? [condition] : []));
  const isOpen = conditions.length < parts.length;
  // Of a relation that one of them does not mention any row will do.
  const mentioned = new Set(parts.flatMap(({ related }) => [...related.keys()]));
  const open = parts.map((part) => {
    const missing = [...mentioned].filter((relation) => !part.related.has(relation));
    return { ...part, related: new Map([...part.related, ...missing.map((each) => [each, NOTHING] as const)]) };
  });
  return combine(open, isOpen ? undefined : together('or', conditions), any);
}

function combine(
  parts: readonly AskedRows[],
  condition: Condition | undefined,
  join: (parts: readonly AskedRows[]) => AskedRows,
): AskedRows {
  if (parts.length === 1) return { ...parts[0]!, condition };
  const columns = new Set(parts.flatMap((part) => [...part.columns]));
  const byRelation = new Map<Relation, AskedRows[]>();
  for (const { related } of parts) {
    for (const [relation, asked] of related) byRelation.set(relation, [...(byRelation.get(relation) ?? []), asked]);
  }
  const related = new Map([...byRelation].map(([relation, all]) => [relation, join(all)] as const));
  return { condition, columns, related };
}

function together(of: 'and' | 'or', conditions: readonly Condition[]): Condition | undefined {
  if (!conditions.length) return undefined;
  return conditions.length === 1 ? conditions[0] : [of, conditions];
}
