import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { Observable, tap } from 'rxjs';
import { countQueries } from './query-counter.js';

/** Tells in every response, errors included, how many SQL statements it cost. */
@Injectable()
export class QueriesInterceptor implements NestInterceptor {
  constructor(private readonly host: HttpAdapterHost) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const response: unknown = context.switchToHttp().getResponse();
    return new Observable((subscriber) =>
      countQueries((count) => {
        const tell = () => this.host.httpAdapter.setHeader(response, 'X-Queries', String(count.queries));
        return next
          .handle()
          .pipe(tap({ next: tell, error: tell }))
          .subscribe(subscriber);
      }),
    );
  }
}
