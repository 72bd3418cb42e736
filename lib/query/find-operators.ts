import { And, Equal, FindOperator, InstanceChecker, Not, Or } from 'typeorm';
import { InvalidQueryError } from '../errors.js';

/** `IS NULL` that leaves a column's transformer alone: TypeORM would hand it the operand there is not. */
export class Null extends FindOperator<unknown> {
  constructor() {
    super('isNull', undefined as never, false);
  }

  override transformValue(): void {}
}

export function isOperator(value: unknown): value is FindOperator<unknown> {
  return InstanceChecker.isFindOperator(value);
}

export function toOperator(value: unknown): FindOperator<unknown> {
  return isOperator(value) ? value : Equal(value);
}

/** Values for which all are true. */
export function every(all: readonly FindOperator<unknown>[]): FindOperator<unknown> {
  // Not And(...all), whose arguments have to fit on the stack.
  return new FindOperator<unknown>('and', all as never, true, true);
}

/** Every value for which the operator is not true, NULL included. SQL's own NOT leaves out those for which it is unknown. */
export function opposite(operator: FindOperator<unknown>): FindOperator<unknown> {
  switch (operator.type) {
    case 'isNull':
      return Not(new Null());
    case 'not':
      return possible(operator.child ?? Equal(operator.value));
    case 'and':
      return Or(...parts(operator).map(opposite));
    case 'or':
      return And(...parts(operator).map(opposite));
    default: {
      const known = withoutNull(refuseRaw(operator));
      return known ? Or(Not(known), new Null()) : anything();
    }
  }
}

/** Every value for which the operator is not false: it is true, or nobody knows. */
function possible(operator: FindOperator<unknown>): FindOperator<unknown> {
  switch (operator.type) {
    case 'isNull':
      return operator;
    case 'not':
      return opposite(operator.child ?? Equal(operator.value));
    case 'and':
      return And(...parts(operator).map(possible));
    case 'or':
      return Or(...parts(operator).map(possible));
    default:
      // An empty list holds nothing, not even an unknown: it is false of NULL as well.
      if (isEmptyList(operator)) return operator;
      return withoutNull(refuseRaw(operator)) === operator ? Or(operator, new Null()) : anything();
  }
}

/** The operator without the operands that are NULL, which make nothing true; `undefined` when nothing is left. */
function withoutNull(operator: FindOperator<unknown>): FindOperator<unknown> | undefined {
  const { value } = operator;
  if (value === null || value === undefined) return undefined;
  if (!operator.multipleParameters || !Array.isArray(value) || !value.includes(null)) return operator;
  if (operator.type !== 'in') return undefined;
  const known = value.filter((operand) => operand !== null);
  return new FindOperator<unknown>('in', known as never, true, true);
}

function isEmptyList({ type, value }: FindOperator<unknown>): boolean {
  return (type === 'in' || type === 'any') && Array.isArray(value) && value.length === 0;
}

function anything(): FindOperator<unknown> {
  return Or(new Null(), Not(new Null()));
}

function parts(operator: FindOperator<unknown>): FindOperator<unknown>[] {
  return operator.value as FindOperator<unknown>[];
}

function refuseRaw(operator: FindOperator<unknown>): FindOperator<unknown> {
  if (operator.type !== 'raw') return operator;
  throw new InvalidQueryError(
    'QSCACHE_EXCLUDE_RAW',
    'exclude() cannot turn Raw SQL around: what it says of NULL only its author knows. Filter with the opposite Raw, or use createQueryBuilder().',
  );
}
