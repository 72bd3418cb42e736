import type { ExecutionContext } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import { isObservable, Observable } from 'rxjs';
import { type AfterHandler, afterStream } from './after-stream.js';

/** A handler about to be called, and what is to be done after it. */
interface Call {
  readonly context: ExecutionContext;
  readonly after: AfterHandler;
  /** Set when a handler hears of it. */
  isHeard: boolean;
}

const calls = new AsyncLocalStorage<Call | undefined>();

/**
 * Calls the handler through `handle` and does `after` when it has ended, whoever still listens: an interceptor only sees what it is
 * subscribed to, and one further out that stops listening (a timeout, `first()`, a client gone) takes its subscription away while the
 * handler goes on to write. So the handler is told, and does it: see `tellHandlers`. A handler nobody made tell (an instance
 * that a factory made) is followed as far as it is listened to.
 */
export function afterHandler(
  context: ExecutionContext,
  handle: () => Observable<unknown>,
  after: AfterHandler,
): Observable<unknown> {
  // The same interceptor once more, of the class or of the other decorator: the call is under way.
  if (calls.getStore()?.context === context) return handle();
  const call: Call = { context, after, isHeard: false };
  const heard = calls.run(call, handle);
  return afterStream(heard, async (results, isWhole) => {
    if (!call.isHeard) await after(results, isWhole);
  });
}

/** `method`, made to do what is to be done after it. Called by anybody else it is what it was. */
export function tellingOfItsEnd<M extends (...args: never[]) => unknown>(method: M): M {
  return new Proxy(method, {
    apply(target, self: unknown, args: unknown[]): unknown {
      const call = calls.getStore();
      const run = (): unknown => Reflect.apply(target, self, args);
      if (!call) return run();
      call.isHeard = true;
      // Whatever the handler calls in turn, itself included, has no interceptors of its own.
      return ended(() => calls.run(undefined, run), call.after);
    },
  });
}

async function ended(run: () => unknown, after: AfterHandler): Promise<unknown> {
  // Once: a QuerySet is a thenable whose query runs when it is awaited.
  const result = await run();
  if (isObservable(result)) return abandonedOr(result, after);
  await after([result], true);
  return result;
}

/**
 * A stream whose listener left before the handler resolved to it is never subscribed, or is by a Nest of another mind: it ends here
 * unless somebody has subscribed by the next turn of the event loop, for Nest does so within this one.
 */
function abandonedOr(source: Observable<unknown>, after: AfterHandler): Observable<unknown> {
  let isSubscribed = false;
  setImmediate(() => {
    if (!isSubscribed) void after([], false);
  });
  return new Observable((subscriber) => {
    isSubscribed = true;
    return afterStream(source, after).subscribe(subscriber);
  });
}
