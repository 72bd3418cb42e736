import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { InvalidConfigurationError } from '../errors.js';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/**
 * Refuses to work with a package of a version nobody has tried: what is wrong with it would show as a stale row, not as an error. Within
 * a bundle nobody can tell versions, and nothing is refused.
 *
 * @throws {InvalidConfigurationError}
 */
export function checkVersions(resolve = fromHere): void {
  const own = ownManifest(resolve);
  for (const [name, range] of Object.entries(own?.peerDependencies ?? {})) {
    if (own?.peerDependenciesMeta?.[name]?.optional) continue;
    const found = resolve(name);
    if (!found || isWithin(found.version, range)) continue;
    throw new InvalidConfigurationError(
      'QSCACHE_UNSUPPORTED_VERSION',
      `${name} ${found.version} is installed, and nestjs-qscache ${own?.version} is made for ${range}: with another one nobody knows whether it hears every write. Install ${name}@"${range}", or a version of nestjs-qscache made for ${name} ${major(found.version)}.`,
    );
  }
}

/** Of this library. In a bundle, which may stand anywhere, what lies there is somebody else's. */
export function ownManifest(resolve = fromHere): Manifest | undefined {
  const manifest = resolve('../../package.json');
  return manifest?.name === 'nestjs-qscache' ? manifest : undefined;
}

/** The manifest of a package as this file would import it, or of a path from here. */
function fromHere(name: string): Manifest | undefined {
  // An ES module has no such name; ours is built as CommonJS.
  if (typeof __filename !== 'string') return undefined;
  try {
    const require = createRequire(__filename);
    return name.endsWith('.json') ? read(join(dirname(__filename), name)) : manifestAbove(require.resolve(name), name);
  } catch {
    // A bundle brings neither files nor packages along.
    return undefined;
  }
}

/** A package may keep its manifest to itself, so that only the file system tells. */
function manifestAbove(file: string, name: string): Manifest | undefined {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = unlessAbsent(() => read(join(folder, 'package.json')));
    if (manifest?.name === name) return manifest;
  }
  return undefined;
}

function read(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}

function unlessAbsent<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Of ranges of the one form our own manifest has: `^1.2.3 || ^2.0.0`. What comes before a release counts as that release. */
export function isWithin(version: string, range: string): boolean {
  return range.split('||').some((each) => {
    const least = numbers(each.replace('^', ''));
    const found = numbers(version);
    const fixed = least[0] === 0 ? 2 : 1;
    if (least.slice(0, fixed).some((part, i) => part !== found[i])) return false;
    const differs = least.findIndex((part, i) => part !== found[i]);
    return differs === -1 || found[differs]! > least[differs]!;
  });
}

function numbers(version: string): number[] {
  const parts = version.trim().split('-')[0]!.split('.');
  return parts.map(Number);
}

function major(version: string): string {
  const [first, second] = version.split('.');
  return first === '0' ? `0.${second}` : String(first);
}
