import { Actor } from './actor.js';

/** A process that finds out whether the store is back, at any time: of the pauses between its tries nothing depends. */
export class Recoverer extends Actor {
  readonly kind = 'recovery';

  protected async act(): Promise<void> {
    await this.world.process('w1').store.recover();
  }

  protected own(): unknown {
    return undefined;
  }
}
