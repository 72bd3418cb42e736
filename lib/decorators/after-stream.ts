import { catchError, concat, defer, finalize, from, ignoreElements, type Observable, tap, throwError } from 'rxjs';

/**
 * What follows a handler that may have written. Never rejects.
 *
 * @param results what the handler returned, or all that its stream emitted
 * @param isWhole false for a stream that was cut short: it may have written more than it told
 */
export type AfterHandler = (results: readonly unknown[], isWhole: boolean) => Promise<void>;

/**
 * Passes a stream through, and does `after` when it ends: before it is complete (Nest sends a response then, so the work is done by
 * then), and when it is cut short, by its listener leaving or by an error after an item: what it wrote since its last item nobody
 * knows. One that fails before its first item is as a handler that throws. Nothing keeps it subscribed when its listener has left.
 */
export function afterStream<T>(source: Observable<T>, after: AfterHandler): Observable<T> {
  return defer(() => {
    const results: T[] = [];
    let hasEnded = false;
    const end = (isWhole: boolean) =>
      defer(() => {
        hasEnded = true;
        return after(results, isWhole);
      }).pipe(ignoreElements());
    return concat(from(source).pipe(tap((result) => void results.push(result))), end(true)).pipe(
      catchError((error: unknown) => {
        const failure = throwError(() => error);
        if (results.length) return concat(end(false), failure);
        hasEnded = true;
        return failure;
      }),
      finalize(() => {
        if (!hasEnded) void after(results, false);
      }),
    );
  });
}
