import { DataSource } from 'typeorm';
import { InvalidConfigurationError } from './errors.js';

/**
 * What a feature is told that has nothing to load from.
 *
 * @param found under that name, and not initialized
 * @param tokens under which the application's providers are asked for
 */
export function noDataSource(
  managers: readonly { readonly name: string }[],
  name: string,
  found: DataSource | undefined,
  tokens: readonly unknown[],
): InvalidConfigurationError {
  const names = managers.map((manager) => manager.name).join(', ');
  return new InvalidConfigurationError(
    'QSCACHE_NO_DATA_SOURCE',
    `QsCacheModule.forFeature([${names}]) found no initialized DataSource "${name}", so its managers would have nothing to load from. ${remedy(found, namesOf(tokens))}`,
  );
}

function remedy(found: DataSource | undefined, names: readonly string[]): string {
  if (found) return 'It is there, but nobody has initialized it: leave out manualInitialization.';
  if (!names.length) return 'Import TypeOrmModule.forRoot(...) in the application.';
  const there = names.map((name) => JSON.stringify(name)).join(', ');
  return `There ${names.length > 1 ? 'are' : 'is'} ${there}: pass another name as second argument, or import TypeOrmModule.forRoot(...) for the one that is not there.`;
}

/** By their tokens, since they may not be made yet. Nest's names end so, but for that of the default one, which is the class. */
function namesOf(tokens: readonly unknown[]): string[] {
  const names = tokens.flatMap((token) => {
    if (token === DataSource) return ['default'];
    return typeof token === 'string' && /.DataSource$/.test(token) ? [token.replace(/DataSource$/, '')] : [];
  });
  return [...new Set(names)];
}
