import { DataSource, EntitySchema } from 'typeorm';
import { afterAll, expect, it } from 'vitest';
import { describeDatabases } from '../../support/databases.js';

const Note = new EntitySchema<{ id: number; text: string }>({
  name: 'Note',
  columns: { id: { type: Number, primary: true }, text: { type: String } },
});

describeDatabases('A test database', (database) => {
  const opened: DataSource[] = [];

  async function open(options: Awaited<ReturnType<typeof database.options>>) {
    const dataSource = await new DataSource({ ...options, entities: [Note], synchronize: true }).initialize();
    opened.push(dataSource);
    return dataSource.getRepository(Note);
  }

  afterAll(() => Promise.all(opened.map((dataSource) => dataSource.destroy())));

  it('is empty and apart from every other one', async () => {
    const first = await open(await database.options());
    const second = await open(await database.options());

    await first.insert({ id: 1, text: 'naïve ☕' });

    expect(await first.find()).toEqual([{ id: 1, text: 'naïve ☕' }]);
    expect(await second.find()).toEqual([]);
  });
});
