import { concat, defer, ignoreElements, type MonoTypeOperatorFunction, Observable, tap } from 'rxjs';

/**
 * Passes everything through and, before completing, waits for `work` on all that was emitted. Nest sends a response when its source
 * completes, so the work is done by then; an error skips it.
 */
export function afterCompletion<T>(work: (results: readonly T[]) => Promise<void>): MonoTypeOperatorFunction<T> {
  return (source) =>
    new Observable<T>((subscriber) => {
      const results: T[] = [];
      return concat(
        source.pipe(tap((result) => void results.push(result))),
        defer(() => work(results)).pipe(ignoreElements()),
      ).subscribe(subscriber as never);
    });
}
