import KeyvRedis from '@keyv/redis';
import { KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import Keyv from 'keyv';

/** A client of its own, as CACHE_MANAGER is given one. */
export interface KeyvClient {
  readonly keyv: Keyv;
  end(): unknown;
}

export const keyvClients: Record<string, (port: number) => KeyvClient> = {
  ioredis: (port) => {
    const client = new Redis(port);
    client.on('error', () => undefined);
    return {
      keyv: new Keyv({ store: new KeyvAdapter(redisInsStore(client) as never) }),
      end: () => client.disconnect(),
    };
  },
  '@keyv/redis': (port) => {
    const store = new KeyvRedis(`redis://127.0.0.1:${port}`);
    return { keyv: new Keyv(store), end: () => store.disconnect(true) };
  },
};
