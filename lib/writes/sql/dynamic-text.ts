import type { Statement } from './statement.js';

/** A statement of MySQL that is made of a text: run at once, or prepared under a name. */
interface DynamicText {
  readonly name?: string;
  /** `undefined` where it is not written out, or has parameters: the driver counts those as its own. */
  readonly text: string | undefined;
}

/** Others may be compared as equal that we take for different names. */
const NAME = /^\w+$/;

export function readDynamicText(statement: Statement): DynamicText | undefined {
  // Not every server runs what stands in an executable comment, and a name it has not prepared keeps what it had.
  if (statement.dialect !== 'mysql' || statement.tokens.some(({ conditional }) => conditional)) return undefined;
  if (statement.says(0, 'EXECUTE', 'IMMEDIATE')) return { text: textAt(statement, 2) };
  const name = statement.code(0) === 'PREPARE' && statement.code(2) === 'FROM' ? statementName(statement) : undefined;
  return name === undefined ? undefined : { name, text: textAt(statement, 3) };
}

/** The name behind PREPARE or EXECUTE. */
export function statementName(statement: Statement): string | undefined {
  const name = statement.identifier(1);
  return name !== undefined && NAME.test(name) ? name.toLowerCase() : undefined;
}

function textAt({ tokens }: Statement, at: number): string | undefined {
  const token = tokens[at];
  return token?.kind === 'string' && tokens.length === at + 1 && !token.text.includes('?') ? token.text : undefined;
}
