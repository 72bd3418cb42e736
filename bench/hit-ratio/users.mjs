import { Injectable } from '@nestjs/common';
import { BaseCacheManager } from 'nestjs-qscache';
import { EntitySchema } from 'typeorm';
import { zipf } from '../random.mjs';
import { any, weighted } from './harness/choose.mjs';
import { fill, Table } from './harness/rows.mjs';

const EXAMPLES = 2_000;
const USERS = 200;
const WRITES = 0.1;
const LISTS = 0.3;

class User {
  id;
  username;
}

class Example {
  id;
  title;
  isActive;
  isPrivate;
  updatedAt;
  user;
  users;
}

const entities = [
  new EntitySchema({
    name: 'User',
    target: User,
    columns: {
      id: { type: Number, primary: true },
      username: { type: String, unique: true },
    },
  }),
  new EntitySchema({
    name: 'Example',
    target: Example,
    columns: {
      id: { type: Number, primary: true, generated: true },
      title: { type: String, length: 100 },
      isActive: { type: Boolean, default: true },
      isPrivate: { type: Boolean, default: false },
      updatedAt: { type: Date, updateDate: true },
    },
    relations: {
      user: { type: 'many-to-one', target: 'User', nullable: true, onDelete: 'SET NULL' },
      users: { type: 'many-to-many', target: 'User', joinTable: true },
    },
  }),
];

class ExampleCacheManager extends BaseCacheManager {
  model = Example;
  relatedObjects = ['user'];
  prefetchRelatedObjects = ['users'];
  detailTimeout = 3_600;
}
Injectable()(ExampleCacheManager);

export const users = {
  name: 'users',
  about: `examples with their owner joined and their users prefetched, details (${100 - LISTS * 100} %) and lists of an owner's active ones; writes to examples, to their users and to users; zipf over ${EXAMPLES} examples of ${USERS} owners`,
  entities,
  managers: [ExampleCacheManager],

  async seed(manager) {
    const rows = {
      users: new Table('user'),
      examples: new Table('example', ['userId']),
      memberships: new Table('example_users_user', ['exampleId']),
    };
    await fill(
      manager,
      User,
      rows.users,
      Array.from({ length: USERS }, (_, i) => ({ id: i + 1, username: `user-${i + 1}` })),
    );
    await fill(
      manager,
      Example,
      rows.examples,
      Array.from({ length: EXAMPLES }, (_, i) => ({
        id: i + 1,
        title: `Example ${i + 1}`,
        isActive: i % 5 > 0,
        isPrivate: i % 7 === 0,
        updatedAt: new Date(Date.UTC(2025, 0, 1, i)),
        userId: (i % USERS) + 1,
      })),
      ({ userId, ...values }) => ({ ...values, user: { id: userId } }),
    );
    await fill(
      manager,
      'example_users_user',
      rows.memberships,
      rows.examples.all().flatMap(({ id }) => [1, 8, 24].map((apart) => membership(id, ((id + apart) % USERS) + 1))),
      ({ exampleId, userId }) => ({ exampleId, userId }),
    );
    return rows;
  },

  *operations({ rows, managers: [examples], random }) {
    const rank = zipf(EXAMPLES, random);
    for (let i = 0; ; i++) {
      const example = rows.examples.get(rank());
      if (!example) continue;
      if (random() < WRITES) yield change(rows, example, i, random);
      else if (random() < LISTS) yield list(examples, example.userId);
      else yield detail(examples, example.id);
    }
  },
};

/** A row of the junction table, with an id that only the harness has. */
const membership = (exampleId, userId) => ({ id: `${exampleId} ${userId}`, exampleId, userId });

/** Mostly people work on their examples and share them; an owner changes seldom, and so does a user's name. */
function change(rows, example, i, random) {
  const members = rows.memberships.by('exampleId', example.id);
  const write = weighted(
    [
      [35, () => update(rows, example, { title: `changed ${i}` })],
      [10, () => update(rows, example, { isActive: !example.isActive })],
      [5, () => handOver(rows, example, any(rows.users.all(), random).id)],
      [10, () => insert(rows, { title: `new ${i}`, isActive: true, isPrivate: false, userId: example.userId })],
      [5, () => remove(rows, example, members)],
      [15, () => addUser(rows, example.id, any(rows.users.all(), random).id)],
      [members.length && 10, () => removeUser(rows, any(members, random))],
      [10, () => rename(rows, any(rows.users.all(), random).id, `user-changed-${i}`)],
    ],
    random,
  );
  return { write: write() };
}

function update(rows, example, values) {
  return async (manager) => {
    await manager.update(Example, example.id, values);
    return [rows.examples.put({ ...example, ...values, ...(await dated(manager, example.id)) })];
  };
}

function handOver(rows, example, userId) {
  return async (manager) => {
    await manager.update(Example, example.id, { user: { id: userId } });
    return [rows.examples.put({ ...example, userId, ...(await dated(manager, example.id)) })];
  };
}

function insert(rows, { userId, ...values }) {
  return async (manager) => {
    const { id } = await manager.save(Example, { ...values, user: { id: userId } });
    return [rows.examples.put({ id, ...values, userId, ...(await dated(manager, id)) })];
  };
}

/** The one value that the database makes up. */
async function dated(manager, id) {
  const { updatedAt } = await manager.findOneOrFail(Example, { select: { id: true, updatedAt: true }, where: { id } });
  return { updatedAt };
}

/** The foreign key deletes its part of the junction. */
function remove(rows, { id }, members) {
  return async (manager) => {
    await manager.delete(Example, id);
    return [rows.examples.delete(id), ...members.map((member) => rows.memberships.delete(member.id))];
  };
}

function addUser(rows, exampleId, userId) {
  const added = membership(exampleId, userId);
  return async (manager) => {
    if (rows.memberships.get(added.id)) return [];
    await manager.createQueryBuilder().relation(Example, 'users').of(exampleId).add(userId);
    return [rows.memberships.put(added)];
  };
}

function removeUser(rows, { id, exampleId, userId }) {
  return async (manager) => {
    await manager.createQueryBuilder().relation(Example, 'users').of(exampleId).remove(userId);
    return [rows.memberships.delete(id)];
  };
}

function rename(rows, id, username) {
  return async (manager) => {
    await manager.update(User, id, { username });
    return [rows.users.put({ id, username })];
  };
}

function shown(rows, { userId, ...values }) {
  return {
    ...values,
    user: rows.users.get(userId),
    users: rows.memberships.by('exampleId', values.id).map((member) => rows.users.get(member.userId)),
  };
}

function detail(examples, id) {
  return {
    kind: 'detail',
    key: examples.getDetailCacheKey(id),
    load: () => examples.get(id),
    expected: (rows) => shown(rows, rows.examples.get(id)),
    conditions: () => ({ example: [{ id }], user: [{}], example_users_user: [{ exampleId: id }] }),
  };
}

function list(examples, userId) {
  const suffix = `of-${userId}`;
  const listed = (rows) => rows.examples.by('userId', userId).filter(({ isActive }) => isActive);
  return {
    kind: 'list',
    key: examples.getCacheKey(suffix),
    load: () => examples.all({ suffix, where: { user: { id: userId }, isActive: true } }),
    expected: (rows) => listed(rows).map((example) => shown(rows, example)),
    conditions: (rows) => ({
      example: [{ userId, isActive: true }],
      user: [{}],
      example_users_user: listed(rows).map(({ id }) => ({ exampleId: id })),
    }),
  };
}
