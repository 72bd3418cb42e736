import { CONNECT_TIMEOUT_MS, type Dial, type Line } from './redis-connection.js';

/** A line that is being dialled, or was. */
export interface Dialling {
  readonly line: Promise<Line>;
  /** Ends it at once, there or not. */
  end(): void;
}

/** A server that takes the connection and says nothing would keep a client waiting for ever. */
export function dialInTime(dial: Dial, onLost: () => void): Dialling {
  const unwanted = new AbortController();
  const { signal } = unwanted;
  const late = new Error(`no connection within ${CONNECT_TIMEOUT_MS} ms`);
  const timer = setTimeout(() => unwanted.abort(late), CONNECT_TIMEOUT_MS).unref();
  const given = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
  let isUp = false;
  // One that was never up says why when it is given up.
  const lost = () => isUp && onLost();
  const line = Promise.race([dial(lost, signal), given]);
  line
    .then(
      () => (isUp = true),
      () => undefined,
    )
    .finally(() => clearTimeout(timer));
  const end = () => {
    unwanted.abort(new Error('the connection was closed'));
    line.then(
      (opened) => opened.end(),
      () => undefined,
    );
  };
  return { line, end };
}
