import { createHash } from 'node:crypto';
import { JOURNAL_LENGTH, UNFILLED_MS } from './cache-store.js';
import { clockKeys } from './clock-keys.js';
import type { RedisCommand } from './redis-connection.js';
import { YOUNG, YOUNG_MS } from './young-clocks.js';

/*
 * What a server does in one step. Per table there is one string, its record, and per row one string, its clock:
 *
 *     1700000000000007 1700000000000003 k:id h:<id>:<blocks at>:<deadline>:1;
 *
 * What the table's clock shows; what it showed after the last write of unknown rows (both `-` while only holds are known of it); what
 * its rows are named by (`k:`); its holds, each with when it begins to block, its deadline, and whether its write may free keys. Holds
 * come last and end with a semicolon: the last character of a record tells a reader whether there is more to do. Clocks start at the
 * server's time in microseconds, as moments are, and under a hold of nobody's (young-clocks.ts).
 *
 * Records are changed as texts: to take them apart would cost a write several times as much.
 *
 * A clock's journal is a list of what its advances have told: `1700000000000007 <change>`. It only saves loads, so no script may fail by what
 * stands under its key, nor by a user who may not go there: that is why it is none of a script's KEYS, which a server looks at before it runs
 * one. It is in the slot of its clock.
 *
 * Lua's tostring, `..` and cjson round numbers of this size: clocks are only ever texts, or numbers on their way through '%.0f'.
 *
 * Without flags a script counts as writing, so a server that would answer reads but refuses writes (full, READONLY, MISCONF,
 * NOREPLICAS) refuses the reading script too: a server that could not be told of a write must not vouch for an entry.
 */
const RECORDS = `
-- What its clock shows ('-': it has none), the last write of unknown rows, and the rest; nothing of what no server of ours has written.
local function parts(text)
  local clock, unknown, rest = string.match(text, '^([1-9]%d*) ([1-9]%d*)(.*)$')
  if not clock then clock, unknown, rest = string.match(text, '^(%-) (%-)(.*)$') end
  -- The next count can be told from this one only below 2^53.
  if not clock or (clock ~= '-' and (#clock > 16 or tonumber(clock) >= 9007199254740991)) then return nil end
  if rest ~= '' and not string.find(rest, '^ [kh]:') then return nil end
  return clock, unknown, rest
end

local function opened(text)
  local clock, unknown, rest = parts(text)
  assert(clock, 'somebody else has written ' .. KEYS[1] .. ', which should be the clock of a table')
  return clock, unknown, rest
end

local function following(clock) return string.format('%.0f', tonumber(clock) + 1) end

local function without(rest, id)
  local first = string.find(rest, ' h:' .. id .. ':', 1, true)
  if not first then return rest end
  return string.sub(rest, 1, first - 1) .. string.sub(rest, string.find(rest, ';', first, true) + 1)
end

local function save(key, clock, unknown, rest)
  if clock == '-' and rest == '' then redis.call('UNLINK', key)
  else redis.call('SET', key, clock .. ' ' .. unknown .. rest, 'KEEPTTL') end
end`;

const TIME = `
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end`;

/** What readers and fills do where something is missing, or held. */
const SETTLING = `${RECORDS}
${TIME}
local moment = now()

-- By an eighth more than is asked for: what is asked for again and again is a change of the key once in that time, which those who are
-- told of changes have to be told of. One without an expiry has -1 left.
local function keep(key, lifetime)
  local least = tonumber(lifetime)
  if redis.call('PTTL', key) < least then redis.call('PEXPIRE', key, string.format('%.0f', least * 1.125)) end
end

-- The record as a reader finds it, its clock, and whether a hold blocks: holds past their deadline count as writes of unknown rows.
local function settled(key, text, lifetime)
  local clock, unknown, rest = parts(text or '- -')
  if not clock then return text, nil, '1' end
  local names, holds = string.match(rest, '^(.-)( h:.*)$')
  local standing, held, ends, isGrown = {}, '0', 0, false
  for hold, id, blocks, deadline in string.gmatch(holds or '', '( h:([^: ]+):(%d+):(%d+):[01];)') do
    ends = ends + #hold
    if moment <= tonumber(deadline) then
      standing[#standing + 1] = hold
      if moment > tonumber(blocks) then held = '1' end
    elseif id == '${YOUNG}' then isGrown = true
    else unknown = nil end
  end
  if holds and ends ~= #holds then return text, nil, '1' end
  if clock ~= '-' and unknown then
    if isGrown then
      text = clock .. ' ' .. unknown .. names .. table.concat(standing)
      redis.call('SET', key, text, 'KEEPTTL')
    end
    return text, clock, held
  end
  local isNew = clock == '-'
  if isNew then
    clock = string.format('%.0f', moment)
    local grown = string.format('%.0f', moment + ${YOUNG_MS * 1000})
    if grown ~= clock then standing[#standing + 1] = ' h:${YOUNG}:' .. grown .. ':' .. grown .. ':1;' end
  else clock = following(clock) end
  local record = clock .. ' ' .. clock .. (names or rest) .. table.concat(standing)
  if text then redis.call('SET', key, record, 'KEEPTTL') end
  if not text then redis.call('SET', key, record, 'PX', lifetime) elseif isNew then keep(key, lifetime) end
  return record, clock, held
end`;

const EPOCH = `
local function epoch()
  local info = redis.call('INFO', 'replication')
  local _, before = string.find(info, 'master_replid:', 1, true)
  assert(before, 'INFO replication names no master_replid')
  -- Always of 40 characters.
  return string.sub(info, before + 1, before + 40)
end`;

/** The name of a journal, of its record's. */
const JOURNAL = `
local function journalOf(record) return '${clockKeys.journalPrefix}' .. string.sub(record, ${clockKeys.prefix.length + 1}) end`;

/** What Lua can give a command at once. */
const MGET = `
local function mget(first, last)
  if last < first then return {} end
  if last - first < 4000 then return redis.call('MGET', unpack(KEYS, first, last)) end
  local values = {}
  for from = first, last, 4000 do
    local some = redis.call('MGET', unpack(KEYS, from, math.min(from + 3999, last)))
    for i = 1, #some do values[#values + 1] = some[i] end
  end
  return values
end`;

/** What a reading script does with what is described there. */
const READING = `
local tables, clocks = tonumber(ARGV[1]), tonumber(ARGV[2])
${EPOCH}
${MGET}
local known = #KEYS - #ARGV + 3
local values = mget(1, known)
for i = known + 1, #KEYS do
  local beginning = ARGV[3 + i - known]
  if redis.pcall('GETRANGE', KEYS[i], 0, #beginning - 1) == beginning then values[i] = beginning
  else values[i] = redis.call('MGET', KEYS[i])[1] end
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
  local clock
  -- One that is no string is nil to MGET, and an error here.
  values[place], clock, held[place] = settled(KEYS[place], values[place] or redis.call('GET', KEYS[place]), ${UNFILLED_MS})
  for i = row + 1, row + tonumber(count) do
    if not values[i] and clock then
      values[i] = clock
      redis.call('SET', KEYS[i], clock, 'PX', ${UNFILLED_MS})
    end
  end
  row = row + tonumber(count)
end
values[#KEYS + 2] = table.concat(held)
return values`;

/**
 * KEYS: the records of tables, the clocks of their rows, then entries. ARGV: how many records; how many records and rows; per record the
 * number of its rows, with spaces; then, for the last of the entries as many as there are of these, how its text begins that the caller
 * has.
 *
 * The values in the order of the keys, of a text the caller has only how it begins; behind them the server's `master_replid`, and ''. Where
 * something was missing or held, which is rare and so comes after the first return, it has been made or settled, and one character
 * per record stands in the place of '': '1' where it is held.
 */
export const readScript = register(`#!lua${READING}`);

/**
 * As the reading script, with one more in ARGV, the last one: per record, with spaces, what its clock showed once, or `-`. The reply is that
 * of a read, and per record what its journal has of the advances since then: a list, the oldest first, of which the reader has to see whether it is
 * all; nothing where not everything can be there, or a hold is in sight.
 */
export const journalScript = register(`#!lua
${JOURNAL}
-- What is left is what the reading script takes.
local sinces = table.remove(ARGV)
local function read()
${READING}
end
local values, told, place = read(), {}, 0
for since in string.gmatch(sinces, '[^ ]+') do
  place = place + 1
  told[place] = false
  local record = values[place] or ''
  -- What stands in a hold may be visible, and what was told since may build on it.
  local isHeld = string.byte(record, -1) == 59
  local clock = since ~= '-' and not isHeld and string.match(record, '^[1-9]%d*')
  -- Below 2^53 numbers are exact, and so is what is between two of them.
  local count = clock and tonumber(clock) - tonumber(since) or 0
  if count > 0 and count <= ${JOURNAL_LENGTH} then
    local changes = redis.pcall('LRANGE', journalOf(KEYS[place]), -count, -1)
    if not changes.err then told[place] = changes end
  end
end
return { values, told }`);

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
  local key, name, clock = KEYS[place], ARGV[3 + place], nil
  values[place], clock, held[place] = settled(key, values[place] or redis.call('GET', key), lifetime)
  if clock then
    local _, _, rest = parts(values[place])
    if name ~= '' and not string.find(rest .. ' ', ' k:' .. name .. ' ', 1, true) then
      -- No write so far knew of rows of such names.
      values[place] = clock .. ' ' .. clock .. ' k:' .. name .. rest
      redis.call('SET', key, values[place], 'KEEPTTL')
    end
    keep(key, lifetime)
  end
  for i = row + 1, row + tonumber(count) do
    if values[i] then keep(KEYS[i], lifetime)
    elseif clock then
      values[i] = clock
      redis.call('SET', KEYS[i], clock, 'PX', lifetime)
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
${TIME}
local moment, text = now(), redis.call('GET', KEYS[1])
local clock, unknown, rest = opened(text or '- -')
local first = string.find(rest, ' h:' .. ARGV[1] .. ':', 1, true)
local blocks = first and string.match(rest, '^ h:[^:]+:(%d+)', first)
if first then rest = without(rest, ARGV[1]) end
if not blocks then blocks = string.format('%.0f', moment + tonumber(ARGV[2]) * 1000) end
local deadline = string.format('%.0f', moment + tonumber(ARGV[3]) * 1000)
local record = clock .. ' ' .. unknown .. rest .. ' h:' .. ARGV[1] .. ':' .. blocks .. ':' .. deadline .. ':' .. ARGV[4] .. ';'
local lifetime = string.format('%.0f', 2 * tonumber(ARGV[3]))
if not text then return redis.call('SET', KEYS[1], record, 'PX', lifetime) end
redis.call('SET', KEYS[1], record, 'KEEPTTL')
redis.call('PEXPIRE', KEYS[1], lifetime, 'GT')`);

/** KEYS: the record. ARGV: the hold's name. allow-oom: what ends makes room. */
export const releaseScript = register(`#!lua flags=allow-oom
${RECORDS}
local text = redis.call('GET', KEYS[1])
if not text then return end
local clock, unknown, rest = opened(text)
local left = without(rest, ARGV[1])
if left ~= rest then save(KEYS[1], clock, unknown, left) end`);

/**
 * KEYS: the record, then the written rows. ARGV: the hold's name or '', '1' when the rows are unknown, '1' when the write may take keys,
 * what the rows are named by; then what was changed, where that can be told.
 * allow-oom: a full server must still learn of a write, and this only changes what is there.
 */
export const advanceScript = register(`#!lua flags=allow-oom
local text = redis.call('GET', KEYS[1])
if not text then return end
${RECORDS}
-- Not a step before it is known to be one of ours: else the hold must block in the place of the advance.
local clock, unknown, rest = opened(text)
if ARGV[1] ~= '' then rest = without(rest, ARGV[1]) end
if clock == '-' then return save(KEYS[1], clock, unknown, rest) end
clock = following(clock)
local isUnknown = ARGV[2] == '1'
-- Of a hold whose write may free keys.
local isContested = ARGV[3] == '1' and string.find(rest, ':1;', 1, true)
if isContested then isUnknown = true end
if #KEYS > 1 and rest ~= '' then
  for name in string.gmatch(rest, ' k:([^ ]+)') do isUnknown = isUnknown or name ~= ARGV[4] end
end
save(KEYS[1], clock, isUnknown and clock or unknown, rest)
for i = 2, #KEYS do redis.call('SET', KEYS[i], clock, 'XX', 'KEEPTTL') end
-- Contested, the row that had the key is written as well, and nobody has told of that yet: the number that is missing says so.
if isContested or not ARGV[5] then return end
${JOURNAL}
local journal = journalOf(KEYS[1])
-- Cut before it grows: who may not do the one must not do the other.
if redis.pcall('LTRIM', journal, ${1 - JOURNAL_LENGTH}, -1).err then return end
redis.pcall('RPUSH', journal, clock .. ' ' .. ARGV[5])
-- Whoever needs to know of this change has been stored before it, and the record outlives that: a touch need not lengthen journals.
local lifetime = redis.call('PTTL', KEYS[1])
if lifetime >= 0 then redis.pcall('PEXPIRE', journal, lifetime) end`);

/** KEYS: the entry. ARGV: how the one begins that is replaced, and what replaces it. */
export const replaceScript = register(`#!lua
if redis.pcall('GETRANGE', KEYS[1], 0, #ARGV[1] - 1) ~= ARGV[1] then return end
redis.call('SET', KEYS[1], ARGV[2], 'XX', 'KEEPTTL')`);

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
