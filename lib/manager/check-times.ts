import { InvalidConfigurationError } from '../errors.js';
import { whatNumber } from '../query/what-is.js';

/** Ten years, in seconds. */
const LONGEST = 10 * 365 * 86_400;

/** A year, in seconds: nobody keeps a list for longer. */
const YEAR = 365 * 86_400;

/** Five minutes, in milliseconds; as many seconds are three and a half days. */
const FIVE_MINUTES_MS = 300_000;

/** What a manager says of time, in seconds, or as a share. */
export interface ManagerTimes {
  readonly listTimeout: unknown;
  readonly detailTimeout: unknown;
  readonly staleWhileRevalidate: unknown;
  readonly staleIfError: unknown;
  readonly timeoutJitter: unknown;
  readonly notFoundTimeout: unknown;
}

const TIMEOUTS = ['listTimeout', 'detailTimeout'] as const;
const SPANS = ['staleWhileRevalidate', 'staleIfError', 'notFoundTimeout'] as const;

/**
 * @returns warnings, of times that will do but look like milliseconds
 * @throws {InvalidConfigurationError}
 */
export function checkTimes(name: string, times: ManagerTimes): string[] {
  for (const option of [...TIMEOUTS, ...SPANS, 'timeoutJitter'] as const) checkText(name, option, times[option]);
  for (const option of TIMEOUTS) checkTimeout(name, option, times[option]);
  for (const option of SPANS) checkSpan(name, option, times[option]);
  checkJitter(name, times.timeoutJitter);
  return [...TIMEOUTS, ...SPANS]
    .filter((option) => looksLikeMilliseconds(times[option] as number, option))
    .map((option) => millisecondsWarning(name, option, times[option] as number));
}

/** An environment variable. */
function checkText(name: string, option: string, time: unknown): void {
  if (typeof time !== 'string') return;
  throw new InvalidConfigurationError(
    'QSCACHE_TIMEOUT',
    `${name}.${option} is a text, ${JSON.stringify(time)}, so nobody could count with it. Write Number(...) around it: environment variables are texts.`,
  );
}

function checkTimeout(name: string, option: string, timeout: unknown): void {
  if (typeof timeout === 'number' && timeout > 0 && timeout <= LONGEST) return;
  throw new InvalidConfigurationError(
    'QSCACHE_TIMEOUT',
    `${name}.${option} is ${whatNumber(timeout)}, so an entry would live forever or not at all. Give seconds, more than 0 and at most ten years, for example minutes(5).`,
  );
}

function checkSpan(name: string, option: string, span: unknown): void {
  if (typeof span === 'number' && span >= 0 && span <= LONGEST) return;
  throw new InvalidConfigurationError(
    'QSCACHE_TIMEOUT',
    `${name}.${option} is ${whatNumber(span)}, so nobody could say when it ends. Give seconds, at most ten years, for example minutes(5), or 0 to switch it off.`,
  );
}

function checkJitter(name: string, jitter: unknown): void {
  if (typeof jitter === 'number' && jitter >= 0 && jitter <= 1) return;
  throw new InvalidConfigurationError(
    'QSCACHE_TIMEOUT',
    `${name}.timeoutJitter is ${whatNumber(jitter)}, which is no share of a timeout, so nobody could say when an entry expires. Give 0 to 1, for example 0.1 for up to a tenth earlier.`,
  );
}

/**
 * Whole minutes if it were milliseconds, and no whole days as it is: whoever keeps something for days counts in days. A span of many
 * years is somebody's "for as long as there is", a timeout of more than one is not.
 */
function looksLikeMilliseconds(seconds: number, option: string): boolean {
  if (seconds > YEAR && option.endsWith('Timeout')) return true;
  return seconds >= FIVE_MINUTES_MS && seconds % 60_000 === 0 && seconds % 86_400 !== 0;
}

function millisecondsWarning(name: string, option: string, time: number): string {
  const days = Math.round(time / 8_640) / 10;
  const meant = time % 60_000 === 0 ? `minutes(${time / 60_000})` : `seconds(${time / 1_000})`;
  return `${name}.${option} is ${time} seconds, which is ${days} days and looks like milliseconds, so entries would be kept a thousand times too long. Write ${meant} if that is meant, or a number of whole days up to a year.`;
}
