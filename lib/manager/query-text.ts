import { InstanceChecker } from 'typeorm';

/**
 * A text that two queries share only if they ask for the same: property order does not matter, the type of a value does, an operator
 * counts with everything it carries, and `Raw` with the SQL it writes.
 */
export function queryText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return `f${JSON.stringify(String(value))}`;
    case 'object':
      return value === null ? 'null' : objectText(value);
    default:
      return Object.is(value, -0) ? '-0' : String(value);
  }
}

function objectText(value: object): string {
  if (Array.isArray(value)) return `[${value.map(queryText).join()}]`;
  if (value instanceof Date) return `d${value.getTime()}`;
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('base64')}`;
  if (InstanceChecker.isFindOperator(value)) {
    const { type, useParameter, multipleParameters, objectLiteralParameters, getSql } = value;
    const operand: unknown = InstanceChecker.isFindOperator(value.child) ? value.child : value.value;
    return `o${queryText([type, operand, useParameter, multipleParameters, objectLiteralParameters, getSql?.('alias')])}`;
  }
  const entries = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => `${JSON.stringify(key)}:${queryText(part)}`);
  const { name } = value.constructor ?? {};
  return `${name === 'Object' ? '' : (name ?? '')}{${entries.join()}}`;
}
