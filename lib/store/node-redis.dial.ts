import { type NodeRedisClient, sender } from './node-redis.client.js';
import { CONNECT_TIMEOUT_MS, type Dial, type Line, reconnectPauseMs, unlessThrown } from './redis-connection.js';
import { SocketSignal } from './socket-signal.js';

type Options = Readonly<Record<string, unknown>>;

/** What a client must have for another one to be made after it; a Sentinel client has not. */
export interface NodeRedisTemplate extends NodeRedisClient {
  readonly options?: Options;
  /** Of a cluster, which has no getter; version 4, which @keyv/redis 4 brings, shows them to nobody. */
  readonly _self?: { readonly _options?: Options };
  duplicate(overrides: Options): OwnClient;
}

interface OwnClient extends NodeRedisClient {
  on(event: string, listener: (argument: never) => void): unknown;
  connect(): Promise<unknown>;
  /** Version 4 has none. */
  destroy?(): void;
  disconnect(): Promise<unknown>;
  unref?(): void;
  /** A cluster's takes other arguments. */
  subscribe?(channel: string, hear: (message: unknown) => void, asItArrives: true): Promise<unknown>;
}

/** What is not to be shared with the client this one is made after, or not to be done for it. */
const PLAIN = {
  disableOfflineQueue: true,
  commandsQueueMaxLength: undefined,
  clientSideCache: undefined,
  emitInvalidate: false,
  pingInterval: undefined,
  // What a server pushes by itself is answered by RESP3 in a way of its own.
  RESP: 2,
  maintNotifications: 'disabled',
};

export function dialNodeRedis(template: NodeRedisTemplate, itself: Line): Dial {
  return async (onLost, signal) => {
    const isCluster = 'slots' in template;
    // One made after it without its options would have no password.
    if (isCluster && !template._self?._options) return itself;
    const options = isCluster ? ofCluster(template._self?._options, signal) : ofServer(template.options);
    const client = unlessThrown(() => template.duplicate(options));
    if (!client) return itself;
    let isEnded = false;
    let isReaching = !isCluster;
    const end = () => {
      isEnded = true;
      // A client without a socket yet would forget the one it is making, and leave it open.
      if (!isReaching && client.isOpen) endAtOnce(client);
    };
    // An error nobody listens for would end the process. A client that does not reconnect by itself closes with it.
    client.on('error', () => client.isOpen || onLost());
    // The client greets the server before anything else, and may wait for its answer for ever: not before it has begun to can it be stopped.
    client.on('connect', () => {
      isReaching = false;
      if (isEnded) setImmediate(end);
    });
    signal.addEventListener('abort', end);
    client.unref?.();
    try {
      await client.connect();
      signal.throwIfAborted();
    } catch (error) {
      end();
      throw error;
    } finally {
      signal.removeEventListener('abort', end);
    }
    return lineOf(client, isCluster, end);
  };
}

function endAtOnce(client: OwnClient): void {
  if (client.destroy) client.destroy();
  else client.disconnect().catch(() => undefined);
}

function lineOf(client: OwnClient, isCluster: boolean, end: () => void): Line {
  const send = sender(client, isCluster);
  const line: Line = {
    // Commands sent in one turn leave in one packet.
    send: (commands) => Promise.all(commands.map((command) => send(command).catch((error: unknown) => error))),
    end,
  };
  if (isCluster || !client.subscribe) return line;
  // As it arrives: somebody may publish what is no text, nor a list of them.
  const subscribe: NonNullable<Line['subscribe']> = async (channel, hear) =>
    void (await client.subscribe!(channel, hear, true));
  return { ...line, subscribe };
}

/** A cluster's nodes do as its defaults say. */
export function speaksTls({ options, _self }: NodeRedisTemplate): boolean {
  const { socket } = (options ?? _self?._options?.['defaults'] ?? {}) as {
    readonly socket?: { readonly tls?: unknown };
  };
  return Boolean(socket?.tls);
}

const ofServer = (options: Options | undefined): Options => ({ ...PLAIN, socket: socket(options, false) });

/**
 * Its nodes come and go one by one, so each reconnects by itself. It forgets the client it looks for them with, so sockets have to hear
 * for themselves that they are not wanted.
 */
function ofCluster(options: Options | undefined, signal: AbortSignal): Options {
  const defaults = options?.['defaults'] as Options | undefined;
  return {
    clientSideCache: undefined,
    defaults: {
      ...defaults,
      ...PLAIN,
      socket: { ...socket(defaults, reconnectPauseMs), signal: new SocketSignal(signal) },
    },
  };
}

const socket = (options: Options | undefined, reconnectStrategy: unknown): Options => ({
  ...(options?.['socket'] as Options | undefined),
  reconnectStrategy,
  connectTimeout: CONNECT_TIMEOUT_MS,
  socketTimeout: undefined,
});
