// Plain JavaScript, hence schemas instead of decorators: the bench measures the built package, with no compiler in between.
import { EntitySchema } from 'typeorm';

export class User {
  id;
  username;
  email;
  joinedAt;
}

export class Example {
  id;
  title;
  summary;
  views;
  isActive;
  isFeatured;
  createdAt;
  updatedAt;
  user;
  users;
}

/** Rows for lists of every size: those of one size have its number as their `batch`. */
export class Article {
  id;
  title;
  summary;
  views;
  isActive;
  batch;
  createdAt;
  updatedAt;
  user;
}

export const entities = [
  new EntitySchema({
    name: 'User',
    target: User,
    columns: {
      id: { type: Number, primary: true },
      username: { type: String, unique: true },
      email: { type: String },
      joinedAt: { type: Date },
    },
  }),
  new EntitySchema({
    name: 'Example',
    target: Example,
    columns: {
      id: { type: Number, primary: true },
      title: { type: String },
      summary: { type: String },
      views: { type: Number },
      isActive: { type: Boolean },
      isFeatured: { type: Boolean },
      createdAt: { type: Date },
      updatedAt: { type: Date },
    },
    relations: {
      user: { type: 'many-to-one', target: 'User', onDelete: 'CASCADE' },
      users: { type: 'many-to-many', target: 'User', joinTable: true },
    },
  }),
  new EntitySchema({
    name: 'Article',
    target: Article,
    columns: {
      id: { type: Number, primary: true },
      title: { type: String },
      summary: { type: String },
      views: { type: Number },
      isActive: { type: Boolean },
      batch: { type: Number },
      createdAt: { type: Date },
      updatedAt: { type: Date },
    },
    relations: { user: { type: 'many-to-one', target: 'User', onDelete: 'CASCADE' } },
    indices: [{ columns: ['batch'] }],
  }),
];

/** Of how many articles there is a batch. */
export const batches = [1, 10, 100, 1_000, 10_000];

/** 1000 examples of 50 users, the first 100 featured, and the articles. The same rows every time. */
export async function seed(manager) {
  const users = Array.from({ length: 50 }, (_, i) =>
    Object.assign(new User(), {
      id: i + 1,
      username: `user-${i + 1}`,
      email: `user-${i + 1}@example.org`,
      joinedAt: new Date(Date.UTC(2020, 0, 1 + i)),
    }),
  );
  const examples = Array.from({ length: 1000 }, (_, i) =>
    Object.assign(new Example(), {
      id: i + 1,
      title: `Example number ${i + 1}`,
      summary: `What example ${i + 1} is about, in a sentence of the length that a teaser usually has.`,
      views: (i * 7919) % 10_000,
      isActive: i % 3 > 0,
      isFeatured: i < 100,
      createdAt: new Date(Date.UTC(2024, 0, 1, i)),
      updatedAt: new Date(Date.UTC(2025, 0, 1, i, 30)),
      user: users[i % users.length],
      users: [users[i % users.length], users[(i + 7) % users.length], users[(i + 23) % users.length]],
    }),
  );
  await manager.save(User, users);
  await manager.save(Example, examples, { chunk: 100 });
  await seedArticles(manager, users);
}

async function seedArticles(manager, users) {
  const articles = batches
    .flatMap((batch) => Array.from({ length: batch }, () => batch))
    .map((batch, i) => ({
      id: i + 1,
      title: `Article number ${i + 1}`,
      summary: `What article ${i + 1} is about, in a sentence of the length that a teaser usually has.`,
      views: (i * 7919) % 10_000,
      isActive: i % 3 > 0,
      batch,
      createdAt: new Date(Date.UTC(2024, 0, 1, i)),
      updatedAt: new Date(Date.UTC(2025, 0, 1, i, 30)),
      user: users[i % users.length],
    }));
  for (let i = 0; i < articles.length; i += 500) await manager.insert(Article, articles.slice(i, i + 500));
}
