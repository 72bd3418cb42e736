import fc from 'fast-check';
import { inspect } from 'node:util';
import { Column, Entity, ManyToOne, PrimaryColumn, type EntityMetadata } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { open, seal } from '../../../lib/codec/envelope.js';
import { CorruptPayloadError, ShapeMismatchError } from '../../../lib/codec/payload-errors.js';
import { dataSourceOf } from '../../fixtures/codec/metadata.js';

@Entity()
class Author {
  @PrimaryColumn()
  id: number;

  @Column()
  name: string;
}

@Entity()
class Article {
  @PrimaryColumn()
  id: number;

  @Column('simple-json')
  data: unknown;

  @Column('datetime')
  at: Date;

  @ManyToOne(() => Author)
  author: Author | null;
}

const article = (id: number, author: Author | null) =>
  Object.assign(new Article(), { id, data: { text: 'x', list: [id] }, at: new Date(id), author });

const isOurs = (error: unknown) => error instanceof CorruptPayloadError || error instanceof ShapeMismatchError;

describe('payloads', () => {
  let metadata: EntityMetadata;
  let authorMetadata: EntityMetadata;
  let payload: string;

  beforeAll(async () => {
    const dataSource = await dataSourceOf([Article, Author]);
    metadata = dataSource.getMetadata(Article);
    authorMetadata = dataSource.getMetadata(Author);
    const author = Object.assign(new Author(), { id: 1, name: 'Ann' });
    payload = entityCodec(metadata).encode([article(1, author), article(2, null), article(3, author)]);
  });

  const decode = (text: string) => entityCodec(metadata).decode(text);

  it.each(['', 'null', '[]', '{}', 'qc', 'qc2.', 'qc2.0.', '["qs2"]', 'qc2.zzz.[[],[]]', '\0', 'undefined'])(
    'of another program are corrupt: %j',
    (foreign) => {
      expect(() => decode(foreign)).toThrow(CorruptPayloadError);
    },
  );

  it('cut anywhere are corrupt', () => {
    for (let length = 0; length < payload.length; length++) {
      expect(() => decode(payload.slice(0, length))).toThrow(CorruptPayloadError);
    }
  });

  it('with any character changed throw one of the two errors', () => {
    const change = fc.record({ at: fc.nat(payload.length - 1), to: fc.string({ minLength: 1, maxLength: 1 }) });
    fc.assert(
      fc.property(change, ({ at, to }) => {
        fc.pre(payload[at] !== to);
        expect(() => decode(payload.slice(0, at) + to + payload.slice(at + 1))).toThrow(expect.toSatisfy(isOurs));
      }),
      { numRuns: 1000 },
    );
  });

  it('altered under a checksum that is right again decode or throw one of the two errors', () => {
    const body = open(payload);
    const piece = fc.constantFrom(
      '"constructor"',
      '"__proto__"',
      '-1',
      '99',
      '[]',
      '{"$":["x",1]}',
      'null',
      '"0:0,1,9,"',
      '"one"',
    );
    const tokens = body.match(/"[^"]*"|\d+|[^"\d]/g)!;
    fc.assert(
      fc.property(fc.nat(tokens.length - 1), piece, (at, to) => {
        try {
          decode(seal(tokens.with(at, to).join('')));
        } catch (error) {
          expect(error).toSatisfy(isOurs);
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('of another format are a mismatch, as after a deploy', () => {
    expect(() => decode(payload.replace('qc2.', 'qc1.'))).toThrow(ShapeMismatchError);
  });

  it('of another entity are a mismatch, even without a row', () => {
    expect(() => entityCodec(authorMetadata).decode(payload)).toThrow(ShapeMismatchError);
    expect(() => entityCodec(authorMetadata).decode(entityCodec(metadata).encode([]))).toThrow(ShapeMismatchError);
  });

  it('of a failing constructor say where it failed, not in which words', async () => {
    let fails = false;
    let text = '';
    class Moody extends Author {
      constructor() {
        super();
        if (fails) throw Object.assign(new RangeError(`not ${text}`), { text });
      }
    }
    Entity()(Moody);
    const codec = entityCodec((await dataSourceOf([Moody])).getMetadata(Moody));
    text = codec.encode([Object.assign(new Moody(), { id: 1 })]);
    fails = true;
    const failure = failureOf(() => codec.decode(text));
    expect(failure.cause).toBeInstanceOf(RangeError);
    expect(failure.message).toMatch(/RangeError at new Moody \(.*payload\.spec\.ts/);
    expect(inspect(failure, { depth: Infinity, showHidden: true })).not.toContain('not qc');
    expect(failure.cause).not.toHaveProperty('text');
  });

  it('that are no JSON are not quoted', () => {
    const failure = failureOf(() => entityCodec(metadata).decode(seal('"hunter2" is not ours')));
    expect(failure.cause).toBeInstanceOf(SyntaxError);
    expect(inspect(failure, { depth: Infinity, showHidden: true })).not.toContain('hunter2');
  });
});

function failureOf(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('It did not fail.');
}
