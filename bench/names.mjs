/** What the tables, the targets and the chart call those that they compare. */
export const names = {
  typeorm: 'TypeORM',
  wrap: 'cache-manager wrap, Redis',
  bentoMemory: 'bentocache, memory',
  bentoRedis: 'bentocache, Redis',
  bentoTiered: 'bentocache, memory + Redis',
  memory: 'qscache, memory',
  shared: 'qscache, memory, shared',
  keyvRedis: 'qscache, @keyv/redis, near off',
  redis: 'qscache, ioredis, near off',
  near: 'qscache, ioredis, near',
  tracking: 'qscache, ioredis, near, tracking',
  signed: 'qscache, ioredis, near off, secret',
  encrypted: 'qscache, ioredis, near off, encrypt',
  parse: 'floor: JSON.parse',
  entry: 'floor: GET our entry',
  floor: 'floor: GET + JSON.parse',
};
