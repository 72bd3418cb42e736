import { readStatements } from '../../../../lib/writes/sql/read-statements.js';
import type {
  Operand,
  RowFilter,
  SqlDialect,
  StatementEffect,
  TableChange,
  TableRef,
} from '../../../../lib/writes/sql/statement-effect.js';

/** The effects of a text in one short line each, so that a table of cases reads like a page. */
export function effectsOf(sql: string, dialect: SqlDialect): string[] {
  return readStatements(sql, dialect).map(effectText);
}

export function effectText(effect: StatementEffect): string {
  switch (effect.kind) {
    case 'read':
      return `read ${effect.tables.map(tableText).join()}`.trim();
    case 'write': {
      const reads = effect.tables.length > 0 ? ` reads ${effect.tables.map(tableText).join()}` : '';
      return `${effect.writes.map(changeText).join('; ')}${reads}${effect.commits ? ' commits' : ''}`;
    }
    case 'transaction':
      return `${effect.verb}${effect.name === undefined ? '' : ` ${effect.name}`}${effect.chain ? ' chain' : ''}`;
    case 'schema':
      return `schema ${effect.tables.map(tableText).join()}${effect.commits ? ' commits' : ''}`
        .replace('  ', ' ')
        .trim();
    default:
      return effect.kind;
  }
}

export function rowsText({ alternatives }: RowFilter): string {
  return alternatives
    .map((columns) => [...columns].map(([column, operand]) => `${column}=${operandText(operand)}`).join('&'))
    .join('|');
}

function changeText({ table, action, rows, assigned, cascade }: TableChange): string {
  const set = assigned ? ` set ${assigned.join()}` : '';
  return `${action} ${tableText(table)}${rows ? ` [${rowsText(rows)}]` : ''}${set}${cascade ? ' cascade' : ''}`;
}

function tableText({ name, schema, database }: TableRef): string {
  return [database && `${database}!`, schema && `${schema}.`, name].filter(Boolean).join('');
}

function operandText(operand: Operand): string {
  return 'parameter' in operand ? `$${operand.parameter}` : JSON.stringify(operand.literal);
}
