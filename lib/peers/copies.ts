import { dirname, join } from 'node:path';
import { InvalidConfigurationError } from '../errors.js';
import { ownManifest } from './versions.js';

/** This library as it was loaded once. Copies of any two releases read this of each other, so it may only grow. */
export interface Copy {
  readonly version?: string | undefined;
  /** The folder of the package, or the file it was bundled into. */
  readonly place?: string | undefined;
}

/** Everywhere: it is what copies know each other by. */
const COPY = Symbol.for('nestjs-qscache:copy');

const own: Copy = ownCopy();

/** Marks a class as this copy's, and with it all that extend it. */
export function brand(type: object): void {
  Object.defineProperty(type, COPY, { value: own });
}

/** The copy a class is of, where that is another one than this. */
export function otherCopy(type: unknown): Copy | undefined {
  if (typeof type !== 'function') return undefined;
  const copy = (type as { readonly [COPY]?: unknown })[COPY];
  return typeof copy === 'object' && copy !== null && copy !== own ? copy : undefined;
}

/** @param what of the application is of the other copy */
export function twoCopies(what: string, other: Copy): InvalidConfigurationError {
  return new InvalidConfigurationError(
    'QSCACHE_TWO_COPIES',
    `${what} is of another copy of nestjs-qscache (${described(other)}) than the QsCacheModule that found it (${described(own)}), and neither copy knows the managers of the other, so what they cache would be shown after it was cleared. Let the application load one copy: one version for all packages ("npm ls nestjs-qscache" shows who has which), and with a bundler either all of it in the bundle or none.`,
  );
}

function ownCopy(): Copy {
  const file = typeof __filename === 'string' ? __filename : undefined;
  const version = ownManifest()?.version;
  return { version, place: file && version !== undefined ? join(dirname(file), '../..') : file };
}

function described({ version, place }: Copy): string {
  if (version === undefined) return place === undefined ? 'in a bundle' : `bundled in ${place}`;
  return `${version} in ${place}`;
}
