export const families = ['ours', 'bentocache', 'wrap'] as const;
export type Family = (typeof families)[number];

export const clients = ['ioredis', 'node-redis'] as const;
export type ClientName = (typeof clients)[number];

/** Everything compared: whose it is, and through which client it reaches Redis. Two that stand side by side take their turn together. */
export const candidates = {
  'ours, ioredis': { family: 'ours', client: 'ioredis' },
  'ours, node-redis': { family: 'ours', client: 'node-redis' },
  'wrap, ioredis-yet': { family: 'wrap', client: 'ioredis' },
  'wrap, @keyv/redis': { family: 'wrap', client: 'node-redis' },
  'bentocache, Redis': { family: 'bentocache', client: 'ioredis' },
  'bentocache, memory + Redis': { family: 'bentocache', client: 'ioredis' },
} as const satisfies Record<string, { readonly family: Family; readonly client: ClientName }>;

export type CandidateName = keyof typeof candidates;
export const candidateNames = Object.keys(candidates) as CandidateName[];
