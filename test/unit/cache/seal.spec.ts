import fc from 'fast-check';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { noSeal, type Seal } from '../../../lib/cache/seal.js';
import { Encryption } from '../../../lib/cache/seal-encryption.js';
import { sealKey } from '../../../lib/cache/seal-keys.js';
import { Signature } from '../../../lib/cache/seal-signature.js';

const OLD = 'an old secret of more than thirty-two characters';
const NEW = 'a new secret of more than thirty-two characters';
const TEXT = '["qs2","list","query","history",[["example",1]]]\n["Grüße, 世界 😀"]';

/** Of so many bytes that base64 has no bits left over, which would say nothing. */
const FULL = TEXT + ' '.repeat(2 - ((Buffer.byteLength(TEXT) + 28 + 2) % 3));

const kinds: [string, new (secrets: readonly string[]) => Seal, new (secrets: readonly string[]) => Seal][] = [
  ['A signature', Signature, Encryption],
  ['An encryption', Encryption, Signature],
];

describe.each(kinds)('%s', (_, Kind, Other) => {
  const seal = new Kind([OLD]);

  it('opens what it has closed, whatever the key and the text', () => {
    const texts = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(texts, texts, (key, text) => {
        expect(new Kind([OLD]).open(key, seal.close(key, text))).toBe(text);
      }),
    );
  });

  it('opens a text of megabytes', () => {
    const text = '世'.repeat(2_000_000);
    expect(seal.open('key', seal.close('key', text)) === text).toBe(true);
  });

  it('opens nothing with a character changed, anywhere', () => {
    const sealed = seal.close('key', FULL);
    for (let i = 0; i < sealed.length; i++) {
      const changed = sealed.slice(0, i) + (sealed[i] === 'A' ? 'B' : 'A') + sealed.slice(i + 1);
      expect(seal.open('key', changed), `at ${i}`).toBeUndefined();
    }
  });

  it('opens nothing that was cut or added to', () => {
    const sealed = seal.close('key', FULL);
    expect(seal.open('key', sealed)).toBe(FULL);
    for (let i = 0; i < sealed.length; i++) expect(seal.open('key', sealed.slice(0, i))).toBeUndefined();
    // Of every length: what follows the padding of base64 is easily overlooked.
    for (const end of ['', ' ', '  ']) expect(seal.open('key', `${seal.close('key', FULL + end)}AAAA`)).toBeUndefined();
    expect(seal.open('key', `x${sealed}`)).toBeUndefined();
  });

  it('opens nothing under another key, also where key and text could be taken for one another', () => {
    expect(seal.open('other', seal.close('key', TEXT))).toBeUndefined();
    expect(seal.open('ke', seal.close('key', TEXT).replace('.["', '.y["'))).toBeUndefined();
    for (const [key, text, otherKey, otherText] of [
      ['a', 'bc', 'ab', 'c'],
      ['1', '1:x', '', '1:11:x'],
      ['', '3:abc', 'abc', ''],
    ] as const) {
      expect(seal.open(otherKey, seal.close(key, text).replace(text, otherText))).toBeUndefined();
    }
  });

  it.each([
    '',
    'qs2s.',
    'qs2e.',
    `qs2s.${'😀'.repeat(22)}.x`,
    `qs2s.${'é'.repeat(43)}.x`,
    `qs2e.${'A'.repeat(22)}.`,
    TEXT,
  ])('opens nothing of somebody else: %j', (text) => {
    expect(seal.open('key', text)).toBeUndefined();
  });

  it('opens nothing of another kind with the same secret', () => {
    expect(seal.open('key', new Other([OLD]).close('key', TEXT))).toBeUndefined();
  });

  it('closes with the first secret and opens with all', () => {
    const both = new Kind([NEW, OLD]);
    expect(both.open('key', seal.close('key', TEXT))).toBe(TEXT);
    const sealed = both.close('key', TEXT);
    expect(both.open('key', sealed)).toBe(TEXT);
    expect(seal.open('key', sealed)).toBeUndefined();
    expect(new Kind([NEW]).open('key', sealed)).toBe(TEXT);
    // The salt is known by now, its key must not be taken for another secret's.
    for (let i = 0; i < 3; i++) expect(both.open('key', seal.close('key', String(i)))).toBe(String(i));
  });

  it('shows its secrets and keys to nobody who prints it', () => {
    expect(inspect(seal, { depth: Infinity, showHidden: true })).not.toMatch(/secret of|Buffer|Uint8Array/);
    expect(JSON.stringify(seal)).toBe('{}');
  });
});

describe('A key', () => {
  it('has nothing in common with that of another secret, purpose or salt', () => {
    const keys = [
      sealKey(OLD, 'sign'),
      sealKey(NEW, 'sign'),
      sealKey(OLD, 'encrypt'),
      sealKey(OLD, 'encrypt', 'salt'),
      sealKey(OLD, 'encrypt', 'other'),
    ].map((key) => key.toString('hex'));
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.every((key) => key.length === 64)).toBe(true);
  });
});

describe('What an earlier release has sealed', () => {
  // No longer opened? Then raise the mark, so that nobody takes the entries of a release for forged ones.
  it('opens', () => {
    const signed = 'qs2s.53LCckEHy36_L1A9nALZk013p2Vm0_CfUPXtI3Yjd0k.text';
    const encrypted = 'qs2e.nDpQ5FnooswwLebzq_xQUQ.AAAAAAAAAAAAAAAA1jkNrY6ziSjxOZ1J7TO9uuR1cq4=';
    expect(new Signature([OLD]).open('key', signed)).toBe('text');
    expect(new Encryption([OLD]).open('key', encrypted)).toBe('text');
  });
});

describe('A signature', () => {
  it('leaves the entry readable behind it', () => {
    const sealed = new Signature([OLD]).close('key', TEXT);
    expect(sealed).toMatch(/^qs2s\.[\w-]{43}\.\["qs2"/);
    expect(sealed.endsWith(TEXT)).toBe(true);
  });

  it('is the same from every process', () => {
    expect(new Signature([OLD]).close('key', TEXT)).toBe(new Signature([OLD]).close('key', TEXT));
  });

  it('has one spelling', () => {
    const seal = new Signature([OLD]);
    const sealed = seal.close('key', TEXT);
    const last = sealed[47]!;
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // Four characters stand for the same last four bits.
    for (const other of alphabet) {
      const opened = seal.open('key', sealed.slice(0, 47) + other + sealed.slice(48));
      expect(opened).toBe(other === last ? TEXT : undefined);
    }
  });
});

describe('An encryption', () => {
  const parts = (sealed: string) => {
    const [, salt, body] = sealed.split('.') as [string, string, string];
    return { salt, nonce: Buffer.from(body, 'base64').subarray(0, 12).toString('hex') };
  };

  it('shows nothing of a text, as it is or encoded', () => {
    const sealed = new Encryption([OLD]).close('key', TEXT);
    const bytes = Buffer.from(sealed.split('.')[2]!, 'base64').toString('latin1');
    for (const word of ['example', 'query', 'history', 'list']) {
      expect(sealed).not.toContain(word);
      expect(bytes).not.toContain(word);
    }
  });

  it('never uses a nonce twice: it counts them, under a key of its own', () => {
    const seals = [new Encryption([OLD]), new Encryption([OLD])];
    const used = seals.flatMap((seal) => Array.from({ length: 1_000 }, () => parts(seal.close('key', TEXT))));
    expect(new Set(used.map(({ salt }) => salt)).size).toBe(2);
    expect(new Set(used.map(({ salt, nonce }) => salt + nonce)).size).toBe(2_000);
  });

  it('opens what more processes wrote than it remembers keys of', () => {
    const reader = new Encryption([NEW, OLD]);
    const entries = Array.from({ length: 1_100 }, (_, i) => new Encryption([OLD]).close('key', String(i)));
    for (let round = 0; round < 2; round++) {
      for (const [i, sealed] of entries.entries()) expect(reader.open('key', sealed)).toBe(String(i));
    }
  });

  it('takes no shorter tag', () => {
    const seal = new Encryption([OLD]);
    const [mark, salt, body] = seal.close('key', '').split('.') as [string, string, string];
    const bytes = Buffer.from(body, 'base64');
    for (let length = 12; length < 28; length++) {
      const cut = bytes.subarray(0, length).toString('base64');
      expect(seal.open('key', [mark, salt, cut].join('.'))).toBeUndefined();
    }
  });
});

it('Without a secret everything passes as it is', () => {
  expect(noSeal.open('key', noSeal.close('other', TEXT))).toBe(TEXT);
});
