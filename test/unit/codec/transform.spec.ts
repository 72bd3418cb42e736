import { describe, expect, it } from 'vitest';
import { packThrough } from '../../../lib/codec/transform.js';
import { Money, moneyTransformer } from '../../fixtures/codec/shop.entities.js';

/** Its state shows in its text only. */
class Place {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  get host() {
    return this.#url.split('/')[0]!;
  }

  toString() {
    return this.#url;
  }
}

/** Its state shows in its fields only. */
class Pair {
  constructor(
    readonly left: string,
    readonly right: string,
  ) {}
}

const hosts = { to: (place: Place) => place.host, from: (host: string) => new Place(host) };
const lefts = { to: (pair: Pair) => pair.left, from: (left: string) => new Pair(left, 'right') };

describe('packThrough', () => {
  it('gives the form that the transformer makes the same value of', () => {
    expect(packThrough(moneyTransformer, new Money(5, 'EUR'))).toEqual({ $: ['transformed', '5 EUR'] });
    expect(packThrough(hosts, new Place('host'))).toEqual({ $: ['transformed', 'host'] });
    expect(packThrough(lefts, new Pair('left', 'right'))).toEqual({ $: ['transformed', 'left'] });
  });

  it('gives nothing when a field is lost', () => {
    expect(packThrough(lefts, new Pair('left', 'wrong'))).toBeUndefined();
  });

  it('gives nothing when a private field is lost that the text shows', () => {
    expect(packThrough(hosts, new Place('host/path'))).toBeUndefined();
  });

  it('gives nothing when the form is no data', () => {
    expect(packThrough({ to: (value) => value, from: (value) => value }, new Money(5, 'EUR'))).toBeUndefined();
  });
});
