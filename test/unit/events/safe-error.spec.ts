import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { InvalidIdentifierError, QsCacheError, StoreError } from '../../../lib/errors.js';
import { safeError, withoutQuoted } from '../../../lib/events/safe-error.js';
import { describeWith } from '../../support/services.js';

const SECRET = 'hunter2';

const shown = (value: unknown) =>
  `${inspect(value, { depth: Infinity, showHidden: true, getters: true })} ${String(value)} ${JSON.stringify(value)}`;

class VaultError extends RangeError {
  readonly vault = SECRET;
  readonly #secret = SECRET;
  override name = 'VaultError';
  code = 'ERR_VAULT';

  toJSON(): string {
    return this.#secret;
  }

  get secret(): string {
    return this.#secret;
  }
}

describe('An error that is safe to tell', () => {
  it('has the name, the code and the place of the original, and neither its words nor its properties', () => {
    const error = safeError(new VaultError(`cannot open ${SECRET}\n    at ${SECRET} (/${SECRET}.js:1:1)`));
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ name: 'VaultError', code: 'ERR_VAULT' });
    expect(error.message).toMatch(/^VaultError ERR_VAULT at .*safe-error\.spec\.ts:\d+:\d+\)?$/);
    expect(error.stack).toMatch(/^VaultError: VaultError ERR_VAULT at .*\n {4}at .*safe-error\.spec\.ts:\d+:\d+/);
    expect(shown(error)).not.toContain(SECRET);
  });

  it('keeps what this library wrote itself, and which of its errors it is', () => {
    const error = safeError(new InvalidIdentifierError('undefined identifies no row.\nPass the key.'));
    expect(error).toBeInstanceOf(InvalidIdentifierError);
    expect(error).toBeInstanceOf(QsCacheError);
    expect(error.message).toBe('undefined identifies no row.\\nPass the key.');
    expect(error).toMatchObject({ name: 'InvalidIdentifierError', code: 'QSCACHE_INVALID_IDENTIFIER' });
  });

  it.each(['late', 'unreachable', 'unable', 'refused', 'not asked'] as const)(
    'is a StoreError that says its reason: %s',
    (reason) => {
      const error = safeError(new StoreError('redis could not read.', reason));
      expect(error).toBeInstanceOf(StoreError);
      expect(error).toMatchObject({ code: 'QSCACHE_STORE_FAILED', reason });
    },
  );

  it('tells its causes and its parts alike, however deep, in circles too', () => {
    const inner = Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' });
    const several = new AggregateError([inner, SECRET, { SECRET }], SECRET);
    const middle = new Error(SECRET, { cause: several });
    inner.cause = middle;
    const error = safeError(new StoreError('redis could not read.', 'refused', { cause: middle }));
    expect(error.message).toBe('redis could not read.');
    expect((error.cause as Error).cause).toBeInstanceOf(AggregateError);
    const { errors } = (error.cause as Error).cause as AggregateError;
    expect(errors[0]).toMatchObject({ code: 'ECONNREFUSED' });
    expect(errors.slice(1).map(String)).toEqual([
      'Error: What was thrown is no Error but string.',
      'Error: What was thrown is no Error but an object.',
    ]);
    expect(shown(error)).not.toContain(SECRET);
  });

  it.each<[string, () => unknown]>([
    ['a text', () => SECRET],
    ['an object', () => ({ message: SECRET, stack: SECRET })],
    ['nothing', () => undefined],
    [
      'an error that fails when it is looked at',
      () => Object.defineProperty(new Error(SECRET), 'message', { get: () => JSON.parse(SECRET) as string }),
    ],
    ['an error whose prototype is an error', () => Object.create(new VaultError(SECRET)) as unknown],
    ['a name and a code made of values', () => Object.assign(new Error(SECRET), { name: `${SECRET} x`, code: SECRET })],
    ['a stack of values', () => Object.assign(new Error(SECRET), { stack: `${SECRET}\n${SECRET}` })],
    ['a stack that is none', () => Object.assign(new Error(SECRET), { stack: [SECRET] })],
    ['a proxy', () => new Proxy(new Error(SECRET), {})],
    [
      'an error of another realm',
      () => runInNewContext(`Object.assign(new TypeError('${SECRET}'), { value: '${SECRET}' })`),
    ],
  ])('is made of %s', (_, make) => {
    const error = safeError(make());
    expect(error).toBeInstanceOf(Error);
    expect(shown(error)).not.toContain(SECRET);
  });

  it('keeps the name and code of an error of another realm, as those of Node are to a test runner', () => {
    const error = safeError(runInNewContext(`Object.assign(new TypeError('${SECRET}'), { code: 'ECONNREFUSED' })`));
    expect(error).toMatchObject({ name: 'TypeError', code: 'ECONNREFUSED' });
  });

  it('is made once', () => {
    const error = safeError(new Error(SECRET), () => 'in other words');
    expect(safeError(error)).toBe(error);
    expect(error.message).toBe('in other words');
  });
});

describeWith('redis', 'The words of Redis', (url) => {
  it.each([
    ['OOM command not allowed when used memory > maxmemory.', 'OOM command not allowed when used memory > maxmemory.'],
    [`ERR unknown command 'x', with args beginning with: '${SECRET}' 'it's ${SECRET}' `, 'ERR unknown command ?'],
    [`ERR unknown command \`x\`, with args beginning with: \`${SECRET}\`, `, 'ERR unknown command ?,'],
    [`ERR wrong '${SECRET}`, 'ERR wrong ?'],
    [`ERR wrong 'h', "it's ${SECRET}" here`, 'ERR wrong ? here'],
    [`ERR wrong 'h', "it's ${SECRET}`, 'ERR wrong ?, ?'],
    [
      "NOPERM User app has no permissions to run the 'set' command",
      'NOPERM User app has no permissions to run the ? command',
    ],
    [
      "Stream isn't writeable and enableOfflineQueue options is false",
      "Stream isn't writeable and enableOfflineQueue options is false",
    ],
    [`Invalid URL: redis://app:${SECRET}@host:6379/0`, 'Invalid URL: redis://?@host:6379/0'],
    [`Invalid URL: redis://app:${SECRET}/@${SECRET}@host`, 'Invalid URL: redis://?@host'],
    ['ERR a\nforged line', 'ERR a\\nforged line'],
  ])('%s', (message, told) => {
    expect(withoutQuoted(message)).toBe(told);
  });

  it('are those of the server, whose client keeps the whole command in its error', async () => {
    const client = new Redis(url);
    try {
      const failure = await client.call('nothing', SECRET, `it's ${SECRET}`).catch((error: unknown) => error);
      expect(shown(failure)).toContain(SECRET);
      const error = safeError(failure, withoutQuoted);
      expect(error.message).toBe('ERR unknown command ?');
      expect(error.name).toBe('ReplyError');
      expect(shown(error)).not.toContain(SECRET);
    } finally {
      client.disconnect();
    }
  });
});
