import { Actor } from './actor.js';
import { KEYS } from './database.js';

/** Another program writes, and somebody who knows of it clears. */
export class Clearer extends Actor {
  readonly kind = 'clear';

  protected async act(): Promise<void> {
    const { database } = this.world;
    const written = await this.database('outside write', [{ label: '', work: () => ({ row: ++database.row }) }]);
    const { store } = this.world.process('p');
    await store.advance([{ clock: KEYS.clears, rows: 'unknown' }]);
    this.world.acknowledge(written);
  }

  protected own(): unknown {
    return undefined;
  }
}
