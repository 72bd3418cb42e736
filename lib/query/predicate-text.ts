import { type FindOperator, InstanceChecker } from 'typeorm';
import { parameterText } from './query-text.js';

/** What is asked of one column, as far as it is understood. */
type Predicate =
  | { readonly is: 'leaf'; readonly text: string }
  | { readonly is: 'not'; readonly of: Predicate }
  | { readonly is: 'and' | 'or'; readonly of: readonly Predicate[] };

/**
 * Texts that two conditions on a column share if they are true, false and unknown for the same values: one of each part that must be true.
 */
export function predicateTexts(value: unknown): string[] {
  const whole = predicate(value);
  return whole.is === 'and' ? whole.of.map(spell) : [spell(whole)];
}

function spell(predicate: Predicate): string {
  switch (predicate.is) {
    case 'leaf':
      return predicate.text;
    case 'not':
      return `not(${spell(predicate.of)})`;
    default: {
      const parts = [...new Set(predicate.of.map(spell))].sort();
      return parts.length > 1 ? `${predicate.is}(${parts.join()})` : parts[0]!;
    }
  }
}

function predicate(value: unknown): Predicate {
  if (!InstanceChecker.isFindOperator(value)) return equal(value);
  const { type, child } = value;
  // An operator that writes its own SQL says what only that SQL says.
  if (value.getSql) return asWritten(value);
  if (type === 'equal') return child || !InstanceChecker.isEqualOperator(value) ? asWritten(value) : equal(value.value);
  const takesOne = value.useParameter && !value.multipleParameters;
  switch (type) {
    case 'isNull':
      return value.useParameter ? asWritten(value) : { is: 'leaf', text: 'is null' };
    case 'not':
      if (child) return holdsEqualOfOperator(child) ? asWritten(value) : not(predicate(child));
      return takesOne ? not(equal(value.value)) : asWritten(value);
    case 'in':
      return child ? asWritten(value) : oneOf(value);
    case 'and':
    case 'or':
      return child ? asWritten(value) : several(type, value);
    default:
      return asWritten(value);
  }
}

function isEqualOfOperator(value: unknown): boolean {
  return InstanceChecker.isFindOperator(value) && value.type === 'equal' && value.child !== undefined;
}

function holdsEqualOfOperator(operator: FindOperator<unknown>): boolean {
  return isEqualOfOperator(operator) || (operator.child !== undefined && holdsEqualOfOperator(operator.child));
}

function not(of: Predicate): Predicate {
  return of.is === 'not' ? of.of : { is: 'not', of };
}

function equal(value: unknown): Predicate {
  return { is: 'leaf', text: `= ${parameterText(value)}` };
}

function oneOf(operator: FindOperator<unknown>): Predicate {
  const { value, useParameter, multipleParameters } = operator;
  if (!Array.isArray(value) || !useParameter || !multipleParameters) return asWritten(operator);
  const texts = [...new Set(value.map(parameterText))].sort();
  // Drivers write a list inside of a list differently from a list.
  if (texts.length === 1 && isOneParameter(value[0])) return equal(value[0]);
  return { is: 'leaf', text: `in [${texts.join()}]` };
}

function several(is: 'and' | 'or', operator: FindOperator<unknown>): Predicate {
  const parts: unknown = operator.value;
  if (!Array.isArray(parts) || !parts.length || !parts.every((part) => InstanceChecker.isFindOperator(part)))
    return asWritten(operator);
  // TypeORM reads an operator inside of Equal() otherwise where it stands alone.
  if (parts.some(isEqualOfOperator)) return asWritten(operator);
  return { is, of: parts.map(predicate).flatMap((part) => (part.is === is ? part.of : [part])) };
}

function asWritten(operator: FindOperator<unknown>): Predicate {
  return { is: 'leaf', text: `other ${parameterText(operator)}` };
}

function isOneParameter(value: unknown): boolean {
  return (
    ['string', 'number', 'bigint', 'boolean'].includes(typeof value) ||
    value instanceof Date ||
    value instanceof Uint8Array
  );
}
