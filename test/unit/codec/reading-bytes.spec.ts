import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { type EntityCodec, entityCodec } from '../../../lib/codec/entity-codec.js';
import { dataSourceOf } from '../../fixtures/codec/metadata.js';

@Entity()
class Document {
  @PrimaryColumn()
  id: number;

  @Column('text')
  text: string;

  @Column('simple-json', { nullable: true })
  data?: unknown;
}

/** Readings at once: what else lives in this process is little beside them. */
const COUNT = 1_000;
/** Of what is there by its own account a process may have this much more: an account is about right, or it bounds nothing. */
const SLACK = 1.4;

let collect: () => void;
let codec: EntityCodec;

beforeAll(async () => {
  setFlagsFromString('--expose-gc');
  collect = runInNewContext('gc') as () => void;
  codec = entityCodec((await dataSourceOf([Document])).getMetadata(Document));
});

function heap(): number {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

// The near cache goes by their account of themselves: `nearCache.maxBytes` bounds nothing that they leave out.
describe('What was read takes the memory it says', () => {
  it.each<[string, (n: number) => object]>([
    ['of a long text', (n) => ({ text: `${n} `.padEnd(32_000, 'a text ') })],
    ['of a long text in wide characters', (n) => ({ text: `${n} `.padEnd(16_000, '文字') })],
    ['of rows and objects of some keys', (n) => ({ text: '', data: objects(n) })],
    ['of an object by the names of many', (n) => ({ text: '', data: byName(n) })],
  ])('%s', (_, of) => {
    const make = (n: number) => {
      const payload = codec.encode([Object.assign(new Document(), { id: n, ...of(n) })]);
      // As a store sends it: a text of its own, and not one that was put together of parts.
      const reading = codec.reading(Buffer.from(payload).toString());
      reading.entities();
      return reading;
    };
    make(0);
    const before = heap();
    const kept = Array.from({ length: COUNT }, (_, n) => make(n + 1));
    const bytes = heap() - before;
    const said = kept.reduce((sum, reading) => sum + reading.bytes, 0);
    expect(bytes / said).toBeLessThan(SLACK);
  });
});

const objects = (n: number) => Array.from({ length: 150 }, (_, i) => ({ id: i, name: `name ${n} ${i}`, at: { x: 1 } }));

const byName = (n: number) => Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`key-${n}-${i}`, i]));
