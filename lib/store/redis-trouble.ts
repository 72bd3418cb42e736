import type { StoreError } from '../errors.js';

/** All that are sent, and that scripts of ours run; SCRIPT LOAD only saves sending their texts, GETRANGE long entries. */
export const COMMANDS = 'EVAL, EVALSHA, INFO, TIME, MGET, GET, GETRANGE, SET, UNLINK, PEXPIRE and PTTL';

/** What a server says to a user who may not do everything, in words of its own or of a script's; also one whose commands were renamed. */
const FORBIDDEN = /^NOPERM |ACL failure|no permissions|can't run|unknown command/i;
const TAKES_NO_WRITES = /^(READONLY|OOM|MISCONF|NOREPLICAS|MASTERDOWN) /;
const UNKNOWN_USER = /^(NOAUTH|WRONGPASS) |invalid password|without any password/i;
/** How a line ends that one side speaks TLS on and the other does not, in the words of Node and of the clients. */
const CUT_OFF = /ECONNRESET|EPIPE|EPROTO|wrong version number|before secure TLS|socket closed|connection is closed/i;

/** For the boot log: what is wrong with a Redis that could not be asked everything, and what to do about that, as far as it tells. */
export function troubleOf(store: string, { cause }: StoreError, budgetMs: number, isTls: boolean): string {
  const said = cause === undefined ? undefined : wordsOf(cause as Error);
  const what =
    said === undefined ? `did not answer within ${budgetMs} ms` : `cannot be used: ${said.replace(/\.$/, '')}`;
  return `${store} ${what}. Until it ${said === undefined ? 'does' : 'can'}, reads go to the database. ${advice(said, isTls)}`;
}

/** A name with several addresses fails with an error for each, under one that says nothing. */
function wordsOf(error: Error): string {
  const [first] = (error as { readonly errors?: readonly Error[] }).errors ?? [];
  return (first ?? error).message;
}

function advice(said: string | undefined, isTls: boolean): string {
  if (isTls && (said === undefined || CUT_OFF.test(said)))
    return 'Its client speaks TLS (rediss:// or tls), which a server that does not leaves unanswered: check which of its ports does.';
  if (said === undefined) return 'Check the server and the way to it.';
  if (FORBIDDEN.test(said)) return `QsCache needs a user who may run ${COMMANDS}.`;
  if (UNKNOWN_USER.test(said)) return 'Give its client the user and the password that the server knows.';
  if (TAKES_NO_WRITES.test(said)) return 'QsCache needs a primary that accepts writes.';
  if (CUT_OFF.test(said))
    return 'A server that speaks TLS ends connections that do not: if it does, give its client rediss:// or tls.';
  return 'Check the options of its client, the server and the way to it.';
}
