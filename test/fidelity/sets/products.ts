import { Column, type EntityManager, type ObjectLiteral } from 'typeorm';
import type { EntitySet, ManagerShape, SetMaker } from '../entity-set.js';
import { entityClass, type EntityClass, property } from './decorate.js';
import { type Key, keys } from './keys.js';
import { type RelationKind, relationKinds } from './relations.js';

const OWNERS = 5;
const OTHERS = 4;

/** Every kind of relation with every kind of key: loaded on demand, lazily, and eagerly from either side. */
export const productSets: SetMaker[] = Object.entries(keys).flatMap(([keyName, key]) =>
  Object.entries(relationKinds).flatMap(([kindName, kind]) => {
    const sets: SetMaker[] = [(database) => onDemand(`${kindName}, key: ${keyName}`, key(database), kind)];
    if (kind.self) return sets;
    for (const side of ['owner', 'inverse'] as const) {
      sets.push((database) => eager(`${kindName}, eager ${side}, key: ${keyName}`, key(database), kind, side));
    }
    return sets;
  }),
);

function onDemand(name: string, key: Key, kind: RelationKind): EntitySet {
  const { left, right, entities } = pair(key, kind.self);
  kind.define(left, right, 'plain');
  kind.define(left, right, 'later', { lazy: true }, { lazy: true });
  const managers: ManagerShape[] = [
    { model: left },
    { model: left, joined: ['later'], prefetched: ['plain'] },
    { model: left, joined: ['plain'], prefetched: ['later'] },
    { model: left, joined: ['plain.plainBack'] },
    { model: left, joined: ['plain'], prefetched: ['plain.plainBack'] },
    { model: left, prefetched: ['plain', 'plain.plainBack', ...(kind.self ? ['plainBack'] : [])] },
    { model: right, joined: ['laterBack'], prefetched: ['plainBack'] },
    { model: right, joined: ['plainBack'], prefetched: ['plainBack.plain', 'laterBack'] },
    ...ofKey(left, key),
  ];
  return { name, entities, managers, fill: filler(key, kind, left, right, ['plain', 'later']) };
}

function eager(name: string, key: Key, kind: RelationKind, side: 'owner' | 'inverse'): EntitySet {
  const { left, right, entities } = pair(key, kind.self);
  kind.define(
    left,
    right,
    'always',
    side === 'owner' ? { eager: true } : {},
    side === 'inverse' ? { eager: true } : {},
  );
  kind.define(left, right, 'plain');
  const managers: ManagerShape[] = [
    { model: left, joined: ['plain'] },
    { model: left, prefetched: ['plain.plainBack'] },
    { model: right, prefetched: ['plainBack'] },
    side === 'owner' ? { model: left, prefetched: ['always'] } : { model: right, prefetched: ['alwaysBack'] },
    side === 'owner' ? { model: right, prefetched: ['alwaysBack'] } : { model: left, prefetched: ['always'] },
    ...ofKey(left, key).slice(0, 1),
  ];
  return { name, entities, managers, fill: filler(key, kind, left, right, ['always', 'plain']) };
}

/** Relations that are part of the key, beside another one. */
function ofKey(model: EntityClass, { relations }: Key): ManagerShape[] {
  if (!relations.length) return [];
  return [
    { model, joined: ['plain'], prefetched: relations },
    { model, joined: relations },
    { model, joined: relations, prefetched: ['plain'] },
  ];
}

function pair(key: Key, self: boolean) {
  const left = entityClass(self ? 'Node' : 'Leaf');
  const right = self ? left : entityClass('Root');
  for (const target of new Set([left, right])) {
    key.define(target);
    property(target, 'name', Column({ type: 'varchar', length: 40 }));
    property(target, 'note', Column({ type: 'varchar', length: 40, nullable: true }));
  }
  return { left, right, entities: [...new Set([left, right]), ...key.holders] };
}

function filler(key: Key, kind: RelationKind, left: EntityClass, right: EntityClass, names: readonly string[]) {
  return async (manager: EntityManager) => {
    for (const [holder, rows] of key.holderRows(OWNERS)) await manager.save(holder, rows);
    const others = kind.self ? [] : await insert(manager, right, key, OTHERS);
    const owners = await insert(manager, left, key, OWNERS);
    const targets = kind.self ? owners : others;
    for (const [from, to] of Object.entries(kind.links)) {
      const linked = to.map((number) => targets[number - 1]!);
      const owner = manager.create(left, owners[Number(from) - 1]);
      for (const name of names) owner[name] = kind.toMany ? linked : linked[0];
      await manager.save(left, owner);
    }
  };
}

async function insert(manager: EntityManager, target: EntityClass, key: Key, count: number): Promise<ObjectLiteral[]> {
  const rows: ObjectLiteral[] = [];
  for (let number = 1; number <= count; number++) {
    const row = { ...key.row(number), name: `${target.name} ${number % 3} "ä"`, note: number % 2 ? null : '' };
    await manager.insert(target, row);
    rows.push(row);
  }
  return rows;
}
