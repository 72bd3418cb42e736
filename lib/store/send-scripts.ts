import type { RedisCommand, RedisConnection } from './redis-connection.js';
import { lacksScript, withText } from './redis-scripts.js';

/** Sends commands, and once more with their texts the scripts that the server does not know by their names. */
export function sendScripts(
  connection: RedisConnection,
  commands: readonly RedisCommand[],
  patienceMs?: number,
): Promise<unknown[]> {
  return connection
    .send(commands, patienceMs)
    .then((replies) => (replies.some(lacksScript) ? sendTexts(connection, commands, replies) : replies));
}

async function sendTexts(
  connection: RedisConnection,
  commands: readonly RedisCommand[],
  replies: unknown[],
): Promise<unknown[]> {
  const unknown = [...replies.keys()].filter((i) => lacksScript(replies[i]));
  const again = await connection.send(unknown.map((i) => withText(commands[i]!)));
  for (const [n, i] of unknown.entries()) replies[i] = again[n];
  return replies;
}
