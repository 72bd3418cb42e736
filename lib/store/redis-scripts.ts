import { createHash } from 'node:crypto';
import { UNFILLED_MS } from './cache-store.js';
import type { RedisCommand } from './redis-connection.js';

/*
 * What a server does in one step. Per table there is one string, its record, and per row one string, its clock:
 *
 *     1700000000000007 1700000000000003 k:id h:<id>:<blocks at>:<deadline>:1;
 *
 * What the table's clock shows; what it showed after the last write of unknown rows (both `-` while only holds are known of it); what
 * its rows are named by (`k:`); its holds, each with when it begins to block, its deadline, and whether its write may free keys. A record
 * with holds ends with a semicolon: that one character tells a reader that there is more to do. Clocks start at the server's time in
 * microseconds, as moments are.
 *
 * Lua's tostring, `..` and cjson round numbers of this size: clocks are only ever texts, or numbers on their way through '%.0f'.
 *
 * Without flags a script counts as writing, so a server that would answer reads but refuses writes (full, READONLY, MISCONF,
 * NOREPLICAS) refuses the reading script too: a server that could not be told of a write must not vouch for an entry.
 */
const RECORDS = `
local function exact(number) return string.format('%.0f', number) end

-- The next count can be told from this one only below 2^53.
local function isClock(text)
  return string.find(text, '^[1-9]%d*$') and #text <= 16 and tonumber(text) < 9007199254740991
end

local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- GT takes a key without an expiry for one that lives for ever, hence NX first.
local function keep(key, lifetime)
  redis.call('PEXPIRE', key, lifetime, 'NX')
  redis.call('PEXPIRE', key, lifetime, 'GT')
end

local function written(record)
  local parts = { record.clock or '-', record.unknown or '-' }
  for _, name in ipairs(record.names) do parts[#parts + 1] = 'k:' .. name end
  for _, hold in ipairs(record.holds) do
    parts[#parts + 1] = 'h:' .. hold.id .. ':' .. hold.blocks .. ':' .. hold.deadline .. ':' .. hold.frees
  end
  return table.concat(parts, ' ') .. (#record.holds > 0 and ';' or '')
end

-- nil for what no server of ours has written.
local function parsed(text)
  local record = { names = {}, holds = {}, exists = text and true }
  if not text then return record end
  local clock, unknown, rest = string.match(text, '^(%S+) (%S+)(.*)$')
  if not clock then return nil end
  if clock ~= '-' or unknown ~= '-' then
    if not (isClock(clock) and isClock(unknown)) then return nil end
    record.clock, record.unknown = clock, unknown
  end
  if rest == '' then return record end
  for kind, about in string.gmatch(rest, ' (%l):([^ ;]+)') do
    if kind == 'k' then record.names[#record.names + 1] = about
    else
      local id, blocks, deadline, frees = string.match(about, '^([^:]+):(%d+):(%d+):([01])$')
      if not id then return nil end
      record.holds[#record.holds + 1] = { id = id, blocks = blocks, deadline = deadline, frees = frees }
    end
  end
  return written(record) == text and record or nil
end

local function opened(key)
  local record = parsed(redis.call('GET', key))
  assert(record, 'somebody else has written ' .. key .. ', which should be the clock of a table')
  return record
end

local function save(key, record, lifetime)
  if not record.exists then redis.call('SET', key, written(record), 'PX', lifetime)
  elseif record.clock or #record.holds > 0 then redis.call('SET', key, written(record), 'KEEPTTL')
  else redis.call('UNLINK', key) end
end

local function advance(record)
  record.clock = exact(tonumber(record.clock) + 1)
end

local function without(holds, id)
  local others = {}
  for _, hold in ipairs(holds) do
    if hold.id ~= id then others[#others + 1] = hold end
  end
  return others
end`;

/** What readers and fills do where something is missing, or held. */
const SETTLING = `${RECORDS}
local moment = now()

-- What a reader finds: a clock, whether a hold blocks, and of holds only those that are not past their deadline.
local function settle(key, record, lifetime)
  local standing, held = {}, false
  for _, hold in ipairs(record.holds) do
    if moment <= tonumber(hold.deadline) then
      standing[#standing + 1] = hold
      held = held or moment > tonumber(hold.blocks)
    end
  end
  local isOverdue, isNew = #standing < #record.holds, not record.clock
  if not (isOverdue or isNew) then return held end
  record.holds = standing
  if isNew then record.clock = exact(moment) else advance(record) end
  record.unknown = record.clock
  save(key, record, lifetime)
  if isNew then keep(key, lifetime) end
  return held
end`;

const EPOCH = `
local function epoch()
  local info = redis.call('INFO', 'replication')
  local _, before = string.find(info, 'master_replid:', 1, true)
  assert(before, 'INFO replication names no master_replid')
  -- Always of 40 characters.
  return string.sub(info, before + 1, before + 40)
end`;

/** What Lua can give a command at once. */
const MGET = `
local function mget(first, last)
  if last - first < 4000 then return redis.call('MGET', unpack(KEYS, first, last)) end
  local values = {}
  for from = first, last, 4000 do
    local some = redis.call('MGET', unpack(KEYS, from, math.min(from + 3999, last)))
    for i = 1, #some do values[#values + 1] = some[i] end
  end
  return values
end`;

/**
 * KEYS: the records of tables, the clocks of their rows, then entries. ARGV: how many records; how many records and rows; per record the
 * number of its rows, with spaces; then, or nothing at all, per entry how its text begins where the caller has it, else ''.
 *
 * The values in the order of the keys, 1 in the place of a text the caller has; behind them the server's `master_replid`, and ''. Where
 * something was missing or held, which is rare and so comes after the first return, it has been made or settled, and one character
 * per record stands in the place of '': '1' where it is held.
 */
export const readScript = register(`#!lua
local tables, clocks = tonumber(ARGV[1]), tonumber(ARGV[2])
${EPOCH}
${MGET}
local values
if #ARGV == 3 then values = mget(1, #KEYS)
else
  values = clocks > 0 and mget(1, clocks) or {}
  for i = clocks + 1, #KEYS do
    local known = ARGV[3 + i - clocks]
    if known ~= '' and redis.pcall('GETRANGE', KEYS[i], 0, #known - 1) == known then values[i] = 1
    else values[i] = redis.call('MGET', KEYS[i])[1] end
  end
end
local isWhole = true
for i = 1, clocks do
  local value = values[i]
  if not value or (i <= tables and string.byte(value, -1) == 59) then isWhole = false break end
end
values[#KEYS + 1] = epoch()
values[#KEYS + 2] = ''
if isWhole then return values end
${SETTLING}
local held, row, place = {}, tables, 0
for count in string.gmatch(ARGV[3], '%d+') do
  place = place + 1
  -- One that is no string is nil to MGET, and an error here.
  local record = parsed(values[place] or redis.call('GET', KEYS[place]))
  if record then
    held[place] = settle(KEYS[place], record, ${UNFILLED_MS}) and '1' or '0'
    values[place] = written(record)
  else held[place] = '1' end
  for i = row + 1, row + tonumber(count) do
    if not values[i] and record then
      values[i] = record.clock
      redis.call('SET', KEYS[i], record.clock, 'PX', ${UNFILLED_MS})
    end
  end
  row = row + tonumber(count)
end
values[#KEYS + 2] = table.concat(held)
return values`);

/**
 * KEYS: as for a read, without entries. ARGV: how many records; the lifetime in ms; per record the number of its rows, with spaces; then
 * per record what its rows are named by, or ''. The reply is that of a read. What is missing is made, and all of it lives on.
 */
export const touchScript = register(`#!lua
local tables, lifetime = tonumber(ARGV[1]), ARGV[2]
${EPOCH}
${MGET}
${SETTLING}
local values, held, row, place = mget(1, #KEYS), {}, tables, 0
for count in string.gmatch(ARGV[3], '%d+') do
  place = place + 1
  local key, name = KEYS[place], ARGV[3 + place]
  local record = parsed(values[place] or redis.call('GET', key))
  if record then
    held[place] = settle(key, record, lifetime) and '1' or '0'
    local isKnown = name == ''
    for _, known in ipairs(record.names) do isKnown = isKnown or known == name end
    if not isKnown then
      -- No write so far knew of rows of such names.
      record.names[#record.names + 1] = name
      record.unknown, record.exists = record.clock, true
      save(key, record)
    end
    keep(key, lifetime)
    values[place] = written(record)
  else held[place] = '1' end
  for i = row + 1, row + tonumber(count) do
    if values[i] then keep(KEYS[i], lifetime)
    elseif record then
      values[i] = record.clock
      redis.call('SET', KEYS[i], record.clock, 'PX', lifetime)
    end
  end
  row = row + tonumber(count)
end
values[#KEYS + 1] = epoch()
values[#KEYS + 2] = table.concat(held)
return values`);

/**
 * KEYS: the record. ARGV: the hold's name, its budget and its deadline in ms from now, '1' when the write may free keys.
 * A hold that is there gets another deadline; when it begins to block stays as it was.
 */
export const holdScript = register(`#!lua
${RECORDS}
local moment, budget, deadline = now(), tonumber(ARGV[2]), tonumber(ARGV[3])
local record = opened(KEYS[1])
local hold = { id = ARGV[1], blocks = exact(moment + budget * 1000) }
for _, known in ipairs(record.holds) do
  if known.id == hold.id then hold.blocks = known.blocks end
end
hold.deadline, hold.frees = exact(moment + deadline * 1000), ARGV[4]
record.holds = without(record.holds, hold.id)
record.holds[#record.holds + 1] = hold
save(KEYS[1], record, exact(2 * deadline))
keep(KEYS[1], exact(2 * deadline))`);

/** KEYS: the record. ARGV: the hold's name. allow-oom: what ends makes room. */
export const releaseScript = register(`#!lua flags=allow-oom
${RECORDS}
local record = opened(KEYS[1])
if #record.holds == 0 then return end
record.holds = without(record.holds, ARGV[1])
save(KEYS[1], record)`);

/**
 * KEYS: the record, then the written rows. ARGV: the hold's name or '', '1' when the rows are unknown, '1' when the write may take keys,
 * what the rows are named by.
 * allow-oom: a full server must still learn of a write, and this only changes what is there.
 */
export const advanceScript = register(`#!lua flags=allow-oom
local text = redis.call('GET', KEYS[1])
if not text then return end
${RECORDS}
-- Not a step before it is known to be one of ours: else the hold must block in the place of the advance.
local record = opened(KEYS[1])
record.holds = without(record.holds, ARGV[1])
if not record.clock then return save(KEYS[1], record) end
advance(record)
local isUnknown, takes = ARGV[2] == '1', ARGV[3] == '1'
for _, hold in ipairs(record.holds) do isUnknown = isUnknown or (takes and hold.frees == '1') end
for _, name in ipairs(record.names) do isUnknown = isUnknown or (#KEYS > 1 and name ~= ARGV[4]) end
if isUnknown then record.unknown = record.clock end
save(KEYS[1], record)
for i = 2, #KEYS do redis.call('SET', KEYS[i], record.clock, 'XX', 'KEEPTTL') end`);

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

/** Lets a server know a script before anybody calls it by its name. */
export function loading({ text }: RedisScript): RedisCommand {
  return { name: 'script', args: ['load', text], key: undefined };
}

/** Whether a server lacks the script that it was called by the name of. */
export function lacksScript(reply: unknown): boolean {
  return reply instanceof Error && reply.message.startsWith('NOSCRIPT');
}

/** The same call with the script's text, for a server that has not seen it or has lost it. */
export function withText({ text, args, key }: RedisCommand): RedisCommand {
  return { name: 'eval', args: [text ?? '', ...args.slice(1)], key };
}
