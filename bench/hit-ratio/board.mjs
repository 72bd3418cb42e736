import { Injectable } from '@nestjs/common';
import { BaseCacheManager } from 'nestjs-qscache';
import { EntitySchema } from 'typeorm';
import { zipf } from '../random.mjs';
import { any, weighted } from './harness/choose.mjs';
import { fill, Table } from './harness/rows.mjs';

const BOARDS = 200;
const CARDS = 50;
const SHOWN = 10;
const SCORES = 1_000;
const WRITES = 0.1;
const LISTS = 0.5;

class Card {
  id;
  title;
  score;
  boardId;
}

const cardSchema = new EntitySchema({
  name: 'Card',
  target: Card,
  columns: {
    id: { type: Number, primary: true, generated: true },
    title: { type: String },
    score: { type: Number },
    boardId: { type: Number },
  },
  indices: [{ columns: ['boardId'] }],
});

class CardCacheManager extends BaseCacheManager {
  model = Card;
  detailTimeout = 3_600;
}
Injectable()(CardCacheManager);

export const board = {
  name: 'board',
  about: `the ${SHOWN} cards of a board with the highest score (${LISTS * 100} %) and details of cards; writes insert, delete, move, rate and rename cards; zipf over ${BOARDS} boards of some ${CARDS} cards`,
  entities: [cardSchema],
  managers: [CardCacheManager],

  async seed(manager, random) {
    const cards = new Table('card', ['boardId']);
    const rows = Array.from({ length: BOARDS * CARDS }, (_, i) => ({
      id: i + 1,
      title: `Card ${i + 1}`,
      score: Math.floor(random() * SCORES),
      boardId: (i % BOARDS) + 1,
    }));
    await fill(manager, Card, cards, rows);
    return { cards };
  },

  *operations({ rows, managers: [cards], random }) {
    const rank = zipf(BOARDS, random);
    for (let i = 0; ; i++) {
      const boardId = rank();
      if (random() < WRITES) yield change(rows, boardId, i, rank, random);
      else if (random() < LISTS) yield list(cards, boardId);
      // A card is opened from its board four times out of five, else from a link or a search.
      else yield detail(cards, cardOf(rows, boardId, 0.8, random).id);
    }
  },
};

/**
 * Cards are written where they are read: on popular boards. Of those that are rated or renamed half are picked from what the board shows, the others
 * from a search or a link, and a score moves by up to a tenth of the scale. New cards get any score, and any card is moved or deleted. 47 %
 * of the writes change what a board shows (20,000 operations, seed 1).
 */
function change(rows, boardId, i, rank, random) {
  const write = weighted(
    [
      [45, () => rate(rows, cardOf(rows, boardId, 0.5, random), random)],
      [20, () => rename(rows, cardOf(rows, boardId, 0.5, random), `changed ${i}`)],
      [15, () => insert(rows, { title: `new ${i}`, score: Math.floor(random() * SCORES), boardId })],
      [10, () => remove(rows, cardOf(rows, boardId, 0, random))],
      [10, () => move(rows, cardOf(rows, boardId, 0, random), rank())],
    ],
    random,
  );
  return { write: write() };
}

/** One of a board's cards, with this probability one of those it shows. */
function cardOf(rows, boardId, shown, random) {
  const cards = rows.cards.by('boardId', boardId);
  return any(random() < shown ? top(cards) : cards, random);
}

const top = (cards) => cards.sort((one, other) => other.score - one.score || one.id - other.id).slice(0, SHOWN);

function rate(rows, card, random) {
  const by = Math.floor((random() - 0.5) * (SCORES / 5));
  const score = Math.min(Math.max(card.score + by, 0), SCORES - 1);
  return async (manager) => {
    await manager.update(Card, card.id, { score });
    return [rows.cards.put({ ...card, score })];
  };
}

function rename(rows, card, title) {
  return async (manager) => {
    await manager.save(Card, { ...card, title });
    return [rows.cards.put({ ...card, title })];
  };
}

function insert(rows, values) {
  return async (manager) => {
    const { id } = await manager.save(Card, { ...values });
    return [rows.cards.put({ id, ...values })];
  };
}

function remove(rows, { id }) {
  return async (manager) => {
    await manager.delete(Card, id);
    return [rows.cards.delete(id)];
  };
}

function move(rows, card, boardId) {
  return async (manager) => {
    await manager.update(Card, card.id, { boardId });
    return [rows.cards.put({ ...card, boardId })];
  };
}

function detail(cards, id) {
  return {
    kind: 'detail',
    key: cards.getDetailCacheKey(id),
    load: () => cards.get(id),
    expected: (rows) => rows.cards.get(id),
    conditions: () => ({ card: [{ id }] }),
  };
}

function list(cards, boardId) {
  const suffix = `board-${boardId}`;
  return {
    kind: 'list',
    key: cards.getCacheKey(suffix),
    load: () => cards.all({ where: { boardId } }).orderBy({ score: 'DESC', id: 'ASC' }).limit(SHOWN).cache(suffix),
    expected: (rows) => top(rows.cards.by('boardId', boardId)),
    isOrdered: true,
    conditions: () => ({ card: [{ boardId }] }),
  };
}
