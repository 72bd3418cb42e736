import type { Statement } from './statement.js';

/** The text that an EXECUTE IMMEDIATE of MariaDB runs, where it is written out and has no parameters: the driver counts those as its own. */
export function immediateText(statement: Statement): string | undefined {
  if (statement.dialect !== 'mysql' || !statement.says(0, 'EXECUTE', 'IMMEDIATE')) return undefined;
  const [, , token, ...more] = statement.tokens;
  return token?.kind === 'string' && !more.length && !token.text.includes('?') ? token.text : undefined;
}
