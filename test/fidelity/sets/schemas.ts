import { EntitySchema, type ObjectLiteral } from 'typeorm';
import type { SetMaker } from '../entity-set.js';

interface Note extends ObjectLiteral {
  id: number;
  text: string;
}

const author = new EntitySchema<ObjectLiteral>({
  name: 'author',
  columns: {
    id: { type: Number, primary: true, generated: true },
    name: { type: 'varchar', length: 40 },
  },
  relations: {
    notes: { type: 'one-to-many', target: 'note', inverseSide: 'author' },
    favourites: { type: 'many-to-many', target: 'note', joinTable: true, lazy: true },
  },
});

const note = new EntitySchema<Note>({
  name: 'note',
  columns: {
    id: { type: Number, primary: true, generated: true },
    text: { type: 'varchar', length: 40 },
    data: { type: 'simple-json', nullable: true },
  },
  relations: {
    author: { type: 'many-to-one', target: 'author', inverseSide: 'notes', nullable: true },
    reply: { type: 'one-to-one', target: 'note', joinColumn: true, nullable: true, eager: false },
  },
});

class Ticket {
  id: number;
  title: string;
  seat: { row: string; number: number };

  get label(): string {
    return `${this.title} ${this.seat.row}${this.seat.number}`;
  }
}

const seat = new EntitySchema<ObjectLiteral>({
  name: 'seat',
  columns: { row: { type: 'varchar', length: 4 }, number: { type: 'int' } },
});

const ticket = new EntitySchema<Ticket>({
  name: 'ticket',
  target: Ticket,
  columns: {
    id: { type: Number, primary: true, generated: true },
    title: { type: 'varchar', length: 40 },
  },
  embeddeds: { seat: { schema: seat, prefix: 'seat_' } },
});

export const schemaSets: SetMaker[] = [
  () => ({
    name: 'schemas without classes',
    entities: [author, note] as EntitySchema<ObjectLiteral>[],
    fill: async (manager) => {
      const [ann] = await manager.save(author, [{ name: 'Ann' }, { name: 'Bob' }]);
      const first = await manager.save(note, { text: 'first', author: ann, data: { a: [1, null] } });
      await manager.save(note, [{ text: 'second', author: ann, reply: first }, { text: 'third' }]);
      await manager.createQueryBuilder().relation('author', 'favourites').of(ann).add(first);
    },
    managers: [
      { model: author },
      { model: author, joined: ['notes'] },
      { model: author, prefetched: ['notes.reply', 'favourites'] },
      { model: note as EntitySchema<ObjectLiteral>, joined: ['author'], prefetched: ['reply'], details: 3 },
      { model: note as EntitySchema<ObjectLiteral>, prefetched: ['author.notes'], details: 3 },
    ],
  }),
  () => ({
    name: 'schemas of classes, with embedded schemas',
    entities: [ticket] as unknown as EntitySchema<ObjectLiteral>[],
    fill: (manager) =>
      manager.save(Ticket, [
        { title: 'a', seat: { row: 'A', number: 1 } },
        { title: 'b', seat: { row: '', number: 0 } },
      ]),
    managers: [{ model: Ticket }],
  }),
];
