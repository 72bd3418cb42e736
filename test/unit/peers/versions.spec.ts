import { describe, expect, it } from 'vitest';
import { InvalidConfigurationError } from '../../../lib/errors.js';
import { checkVersions, isWithin } from '../../../lib/peers/versions.js';

const own = {
  name: 'nestjs-qscache',
  version: '0.1.0',
  peerDependencies: { typeorm: '^0.3.31 || ^1.0.0', ioredis: '^5.0.0' },
  peerDependenciesMeta: { ioredis: { optional: true } },
};

/** As if these were installed, and nothing else. */
function installed(versions: Record<string, string>, manifest: typeof own | null = own) {
  return (name: string) => {
    if (name.endsWith('package.json')) return manifest ?? undefined;
    const version = versions[name];
    return version === undefined ? undefined : { name, version };
  };
}

describe('checkVersions', () => {
  it('takes what this repository was installed with', () => {
    expect(() => checkVersions()).not.toThrow();
  });

  it('goes by no manifest that is not its own, such as lies above a bundle', () => {
    const workspace = { ...own, name: 'workspace', peerDependencies: { typeorm: '^9.0.0', ioredis: '^9.0.0' } };
    expect(() => checkVersions(installed({ typeorm: '1.0.0' }, workspace))).not.toThrow();
  });

  it.each(['0.3.31', '0.3.40', '1.0.0', '1.1.1', '1.0.0-dev.1'])('takes TypeORM %s', (typeorm) => {
    expect(() => checkVersions(installed({ typeorm }))).not.toThrow();
  });

  it.each([
    ['0.2.45', '0.2'],
    ['0.3.30', '0.3'],
    ['0.4.0', '0.4'],
    ['2.0.0', '2'],
  ])('refuses TypeORM %s, and says what is wanted', (typeorm, major) => {
    const check = () => checkVersions(installed({ typeorm }));
    expect(check).toThrow(InvalidConfigurationError);
    expect(check).toThrow(
      `typeorm ${typeorm} is installed, and nestjs-qscache 0.1.0 is made for ^0.3.31 || ^1.0.0: with another one nobody knows whether it hears every write. Install typeorm@"^0.3.31 || ^1.0.0", or a version of nestjs-qscache made for typeorm ${major}.`,
    );
  });

  it('asks nothing of packages that need not be there, nor of those it cannot find', () => {
    expect(() => checkVersions(installed({ ioredis: '4.0.0' }))).not.toThrow();
    expect(() => checkVersions(installed({ typeorm: '2.0.0' }, null))).not.toThrow();
  });
});

describe('isWithin', () => {
  it.each([
    ['5.7.6', '^5.2.0 || ^6.3.0', true],
    ['5.1.9', '^5.2.0 || ^6.3.0', false],
    ['6.10.0', '^5.2.0 || ^6.3.0', true],
    ['6.2.0', '^5.2.0 || ^6.3.0', false],
    ['7.0.0', '^5.2.0 || ^6.3.0', false],
    ['12.0.0', '^10.0.0 || ^11.0.0 || ^12.0.0', true],
    ['1.0.0', '^10.0.0', false],
  ])('%s within %s: %s', (version, range, expected) => {
    expect(isWithin(version, range)).toBe(expected);
  });
});
