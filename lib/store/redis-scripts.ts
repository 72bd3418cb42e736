import { createHash } from 'node:crypto';
import type { RedisCommand } from './redis-connection.js';

/*
 * What a server does in one step. Per table one hash (`t` what its clock shows, `u` what it showed after the last write of unknown rows,
 * `h:<id>` a hold: when it begins to block, its deadline, and whether the write may free keys; `k:<key>` that rows are named by this
 * key) and per row one string. Clocks start at the server's time in microseconds, as moments are.
 *
 * Lua's tostring, `..` and cjson round numbers of this size: clocks are only ever strings, HINCRBY results or '%.0f'.
 *
 * Without flags a script counts as writing, so a server that would answer reads but refuses writes (full, READONLY, MISCONF,
 * NOREPLICAS) refuses the reading script too: a server that could not be told of a write must not vouch for an entry.
 */
const PRELUDE = `
local function exact(number) return string.format('%.0f', number) end
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end
-- GT takes a key without an expiry for one that lives for ever, hence NX first.
local function keep(key, lifetime)
  redis.call('PEXPIRE', key, lifetime, 'NX')
  redis.call('PEXPIRE', key, lifetime, 'GT')
end`;

/**
 * KEYS: per table its hash and its rows. ARGV: lifetime in ms, '1' for a fill, then per table the number of rows; and for a fill, per
 * table what its rows are named by, or ''. What is missing is made; a fill lengthens what exists, too.
 */
export const readScript = register(`#!lua
${PRELUDE}
local lifetime, fills = ARGV[1], ARGV[2] == '1'
local moment = now()

local function settle(key)
  local clock, unknown, held, overdue = nil, nil, 0, {}
  local fields = redis.call('HGETALL', key)
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    if name == 't' then clock = value
    elseif name == 'u' then unknown = value
    elseif string.byte(name) == 104 then -- h
      local blocks, deadline = string.match(value, '^(%d+):(%d+):')
      if moment > tonumber(deadline) then overdue[#overdue + 1] = name
      elseif moment > tonumber(blocks) then held = 1 end
    end
  end
  if not (clock and unknown) then
    clock = exact(moment)
    unknown = clock
    redis.call('HSET', key, 't', clock, 'u', unknown)
    keep(key, lifetime)
  elseif #overdue > 0 then
    clock = exact(redis.call('HINCRBY', key, 't', 1))
    unknown = clock
    redis.call('HSET', key, 'u', unknown)
  end
  -- Last: HINCRBY fails on a clock that is no number, and nothing takes a step of a script back.
  for i = 1, #overdue do redis.call('HDEL', key, overdue[i]) end
  if fills then keep(key, lifetime) end
  return { clock, unknown, held }
end

local function row(key, clock)
  local value = redis.call('GET', key)
  if not value then redis.call('SET', key, clock, 'PX', lifetime)
  elseif fills then keep(key, lifetime) end
  return value or clock
end

-- No write so far knew of rows of such names.
local function name(key, state, by)
  if by == '' or redis.call('HSETNX', key, 'k:' .. by, '') == 0 then return end
  state[2] = state[1]
  redis.call('HSET', key, 'u', state[2])
end

local epoch = string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
assert(epoch, 'INFO replication names no master_replid')
local reply = { epoch }
local first, tables = 1, #ARGV - 2
if fills then tables = tables / 2 end
for i = 3, tables + 2 do
  local last = first + tonumber(ARGV[i])
  local state = settle(KEYS[first])
  if fills then name(KEYS[first], state, ARGV[i + tables]) end
  for j = first + 1, last do state[#state + 1] = row(KEYS[j], state[1]) end
  reply[#reply + 1] = state
  first = last + 1
end
return reply`);

/**
 * KEYS: the hash. ARGV: the hold's field, its budget and its deadline in ms from now, '1' when the write may free keys.
 * A hold that is there gets another deadline; when it begins to block stays as it was.
 */
export const holdScript = register(`#!lua
${PRELUDE}
local moment, budget, deadline = now(), tonumber(ARGV[2]), tonumber(ARGV[3])
local known = redis.call('HGET', KEYS[1], ARGV[1])
local blocks = known and string.match(known, '^(%d+):') or exact(moment + budget * 1000)
redis.call('HSET', KEYS[1], ARGV[1], blocks .. ':' .. exact(moment + deadline * 1000) .. ':' .. ARGV[4])
keep(KEYS[1], exact(2 * deadline))`);

/**
 * KEYS: the hash, then the written rows. ARGV: the hold's field or '', '1' when the rows are unknown, '1' when the write may take keys,
 * 'k:' and what the rows are named by.
 * allow-oom: a full server must still learn of a write, and this only changes what is there.
 */
export const advanceScript = register(`#!lua flags=allow-oom
${PRELUDE}
local clock
if redis.call('HEXISTS', KEYS[1], 't') == 1 then clock = exact(redis.call('HINCRBY', KEYS[1], 't', 1)) end
-- Not before: where the clock is no number HINCRBY fails, and the hold blocks in the place of the advance.
redis.call('HDEL', KEYS[1], ARGV[1])
if not clock then return end
local unknown, takes, named = ARGV[2] == '1', ARGV[3] == '1', #KEYS > 1
if not unknown and (takes or named) then
  local fields = redis.call('HGETALL', KEYS[1])
  for i = 1, #fields, 2 do
    local kind = string.sub(fields[i], 1, 2)
    if kind == 'h:' and takes and string.match(fields[i + 1], ':1$') then unknown = true
    elseif kind == 'k:' and named and fields[i] ~= ARGV[4] then unknown = true end
  end
end
if unknown then redis.call('HSET', KEYS[1], 'u', clock) end
for i = 2, #KEYS do redis.call('SET', KEYS[i], clock, 'XX', 'KEEPTTL') end`);

/**
 * KEYS: the lease. ARGV: what it says while it is the caller's, for how long in ms it is free from now on or '0', and what says so.
 * allow-oom: what ends makes room.
 */
export const endLeaseScript = register(`#!lua flags=allow-oom
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return end
if ARGV[2] == '0' then redis.call('UNLINK', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[2]) end`);

export interface RedisScript {
  readonly text: string;
  readonly sha: string;
}

function register(text: string): RedisScript {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

export function call(script: RedisScript, keys: readonly string[], args: readonly string[]): RedisCommand {
  return {
    name: 'evalsha',
    args: [script.sha, String(keys.length), ...keys, ...args],
    key: keys[0],
    text: script.text,
  };
}

/**
 * The call with the script's text, about 1 KB, which costs the server some microseconds and no second trip when it does not know the script:
 * a write that goes out must not be heard a trip late because the server was restarted.
 */
export function evaluate(script: RedisScript, keys: readonly string[], args: readonly string[]): RedisCommand {
  return withText(call(script, keys, args));
}

/** Lets a server know a script before anybody calls it by its name. */
export function loading({ text }: RedisScript): RedisCommand {
  return { name: 'script', args: ['load', text], key: undefined };
}

/** The same call with the script's text, for a server that has not seen it or has lost it. */
export function withText({ text, args, key }: RedisCommand): RedisCommand {
  return { name: 'eval', args: [text ?? '', ...args.slice(1)], key };
}
