const drops: (() => Promise<unknown>)[] = [];

/** Has a database dropped when the spec file that made it ends. */
export function dropAfterwards(drop: () => Promise<unknown>): void {
  drops.push(drop);
}

/** Once the spec file has closed its DataSources. */
export async function dropDatabases(): Promise<void> {
  for (const drop of drops.splice(0)) await drop();
}
