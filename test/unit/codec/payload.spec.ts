import fc from 'fast-check';
import { inspect } from 'node:util';
import { Column, Entity, ManyToOne, PrimaryColumn, type EntityMetadata } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { entityCodec } from '../../../lib/codec/entity-codec.js';
import { CorruptPayloadError } from '../../../lib/codec/payload-errors.js';
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

describe('payloads', () => {
  let metadata: EntityMetadata;
  let payload: string;

  beforeAll(async () => {
    const dataSource = await dataSourceOf([Article, Author]);
    metadata = dataSource.getMetadata(Article);
    const author = Object.assign(new Author(), { id: 1, name: 'Ann' });
    payload = entityCodec(metadata).encode([article(1, author), article(2, null), article(3, author)]);
  });

  const decode = (text: string) => entityCodec(metadata).decode(text);

  it.each(['', 'null', '[]', '{}', '[[]]', '[[],[]]', '["qs7"]', 'qc2.zzz.[[],[]]', '\0', 'undefined'])(
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

  it('altered decode or are corrupt', () => {
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
    const tokens = payload.match(/"[^"]*"|\d+|[^"\d]/g)!;
    fc.assert(
      fc.property(fc.nat(tokens.length - 1), piece, (at, to) => {
        try {
          decode(tokens.with(at, to).join(''));
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptPayloadError);
        }
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
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
    expect(inspect(failure, { depth: Infinity, showHidden: true })).not.toContain('not [[');
    expect(failure.cause).not.toHaveProperty('text');
  });

  it('that are no JSON are not quoted', () => {
    const failure = failureOf(() => entityCodec(metadata).decode('"hunter2" is not ours'));
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
