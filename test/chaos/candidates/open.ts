import { bentocache } from './bentocache.js';
import type { Candidate, CandidateParts } from './candidate.js';
import type { CandidateName } from './names.js';
import { ours } from './ours.js';
import { wrap } from './wrap.js';

const openers: Readonly<Record<CandidateName, (parts: CandidateParts) => Promise<Candidate>>> = {
  'ours, ioredis': (parts) => ours('ioredis', parts),
  'ours, node-redis': (parts) => ours('node-redis', parts),
  'wrap, ioredis-yet': (parts) => wrap('ioredis', parts),
  'wrap, @keyv/redis': (parts) => wrap('node-redis', parts),
  'bentocache, Redis': (parts) => bentocache('Redis', parts),
  'bentocache, memory + Redis': (parts) => bentocache('memory + Redis', parts),
};

export function openCandidate(name: CandidateName, parts: CandidateParts): Promise<Candidate> {
  return openers[name](parts);
}
