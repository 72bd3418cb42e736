import { createRequire } from 'node:module';
import type { DataSource } from 'typeorm';

/** The DataSource of a TypeORM that was loaded once more, as of an application that has two. */
export function copyOfTypeOrm(): typeof DataSource {
  const require = createRequire(import.meta.url);
  const kept = Object.entries(require.cache).filter(([path]) => path.includes('/node_modules/typeorm/'));
  for (const [path] of kept) delete require.cache[path];
  const copy = require('typeorm') as { DataSource: typeof DataSource };
  Object.assign(require.cache, Object.fromEntries(kept));
  return copy.DataSource;
}
