import { type IoRedisClient, sendOver } from './ioredis.client.js';
import { isAnswer } from './failure.js';
import { CONNECT_TIMEOUT_MS, type Dial, type Line, type RedisCommand, unlessThrown } from './redis-connection.js';

type Options = Readonly<Record<string, unknown>>;

/** What a client must have for another one to be made after it. */
export interface IoRedisTemplate extends IoRedisClient {
  readonly options: { readonly keyPrefix?: string; readonly tls?: unknown; readonly redisOptions?: Options };
  /** Of a `Redis`, by options; of a `Cluster`, by nodes and options. */
  duplicate(...overrides: unknown[]): OwnClient;
}

interface OwnClient extends IoRedisClient {
  /** Of a `Redis`, while it has one. */
  readonly stream?: { unref?(): void };
  on(event: string, listener: (...args: never[]) => void): unknown;
  connect(): Promise<void>;
  disconnect(): void;
}

const ONE_SERVER = {
  keyPrefix: '',
  lazyConnect: true,
  monitor: false,
  // A server that is still loading says so, which is soon enough.
  enableReadyCheck: false,
  enableOfflineQueue: false,
  enableAutoPipelining: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  retryStrategy: null,
  reconnectOnError: null,
  sentinelRetryStrategy: null,
  commandTimeout: undefined,
  connectTimeout: CONNECT_TIMEOUT_MS,
  // Milliseconds. It waits for the end of a socket that has ended long ago, and keeps the process alive for it.
  disconnectTimeout: 50,
  keepAlive: 10_000,
  noDelay: true,
} as const;

export function dialIoRedis(template: IoRedisTemplate, itself: Line): Dial {
  return async (onLost, signal) => {
    const client = unlessThrown(() => (template.isCluster ? clusterLike(template) : template.duplicate(ONE_SERVER)));
    if (!client) return itself;
    let reason: unknown;
    // An error nobody listens for would end the process.
    client.on('error', (error: unknown) => (reason = error));
    client.on('end', onLost);
    leaveAlone(client);
    const end = () => client.disconnect();
    signal.addEventListener('abort', end);
    try {
      await client.connect();
      signal.throwIfAborted();
    } catch (error) {
      end();
      throw reason ?? error;
    } finally {
      signal.removeEventListener('abort', end);
    }
    // It may count as up although the server has refused the password, and then says of itself no more than that it is down. Nodes of
    // a cluster come and go: what one of them said may be over.
    const said = () => (!client.isCluster && reason instanceof Error && isAnswer(reason) ? reason : undefined);
    const explained = (reply: unknown) => (reply instanceof Error && !isAnswer(reply) ? (said() ?? reply) : reply);
    const send = (commands: readonly RedisCommand[]) =>
      sendOver(client, commands).then((replies) => replies.map(explained));
    return client.isCluster ? { send, end } : { send, end, subscribe: subscriber(client) };
  };
}

/** As it arrives: somebody may publish what is no text, nor a list of them. */
function subscriber(client: OwnClient): NonNullable<Line['subscribe']> {
  return async (channel, hear) => {
    client.on('messageBuffer', (of: Uint8Array, message: unknown) => String(of) === channel && hear(message));
    await client.call('subscribe', [channel]);
  };
}

function clusterLike(template: IoRedisTemplate): OwnClient {
  const { lazyConnect: _lazy, retryStrategy: _retry, ...each } = ONE_SERVER;
  const { keyPrefix, lazyConnect, enableOfflineQueue } = ONE_SERVER;
  const redisOptions = { ...template.options.redisOptions, ...each };
  return template.duplicate([], {
    redisOptions,
    keyPrefix,
    lazyConnect,
    enableOfflineQueue,
    clusterRetryStrategy: null,
    scaleReads: 'master',
  });
}

/** Lets the process end although the client is connected, or about to be. */
function leaveAlone(client: OwnClient): void {
  const unref = (of: OwnClient) => of.stream?.unref?.();
  if (client.isCluster) client.on('+node', leaveAlone as (node: never) => void);
  client.on('connect', () => unref(client));
  // The socket of a connection that is being made is there a tick later.
  client.on('connecting', () => setImmediate(() => unref(client)));
}
