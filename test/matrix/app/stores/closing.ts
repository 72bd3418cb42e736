import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';

class Closing implements OnApplicationShutdown {
  constructor(readonly onApplicationShutdown: () => unknown) {}
}

/** Closes at the end what the application opened itself. */
@Module({})
export class ClosingModule {
  static of(close: () => unknown): DynamicModule {
    return { module: ClosingModule, providers: [{ provide: Closing, useFactory: () => new Closing(close) }] };
  }
}
