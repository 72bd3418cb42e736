import type { RedisCommand, RedisConnection } from './redis-connection.js';
import { lacksScript, withText } from './redis-scripts.js';

/** Sends commands, and once more with their texts the scripts that the server does not know by their names. */
export async function sendScripts(
  connection: RedisConnection,
  commands: readonly RedisCommand[],
  patienceMs?: number,
): Promise<unknown[]> {
  const replies = await connection.send(commands, patienceMs);
  if (!replies.some(lacksScript)) return replies;
  const unknown = [...replies.keys()].filter((i) => lacksScript(replies[i]));
  const again = await connection.send(unknown.map((i) => withText(commands[i]!)));
  for (const [n, i] of unknown.entries()) replies[i] = again[n];
  return replies;
}
