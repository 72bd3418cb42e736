import { Proxy } from '../support/proxy.js';
import { RedisServer } from '../support/redis-server.js';
import { PRIMARY, RedisCluster, WatchedPair } from '../support/redis-topologies.js';
import { urlOf } from './database.js';
import type { RedisAddress } from './messages.js';

/** What a round is played on: servers of its own, and the ways to them. */
export interface Stage {
  /** As most processes reach Redis. */
  readonly near: RedisAddress;
  /** As one process reaches it, whatever becomes of the way of the others. */
  readonly direct: RedisAddress;
  readonly databaseUrl: string;
  stop(): Promise<void>;
}

/** One server, with a proxy before it and one before the database. */
export class ServerStage implements Stage {
  private constructor(
    readonly server: RedisServer,
    readonly way: Proxy,
    readonly database: Proxy,
    readonly databaseUrl: string,
  ) {}

  static async open(serverUrl: string, databaseName: string): Promise<ServerStage> {
    const { hostname, port } = new URL(serverUrl);
    const server = await RedisServer.start();
    const database = await Proxy.to(Number(port || 5432), hostname);
    return new ServerStage(
      server,
      await Proxy.to(server.port),
      database,
      urlOf(serverUrl, databaseName, database.port),
    );
  }

  get near(): RedisAddress {
    return { kind: 'server', port: this.way.port };
  }

  get direct(): RedisAddress {
    return { kind: 'server', port: this.server.port };
  }

  async stop(): Promise<void> {
    await Promise.all([this.way.cut(), this.database.cut()]);
    await this.server.stop();
  }
}

/** Everybody asks Sentinel for the way. */
export class FailoverStage implements Stage {
  private constructor(
    readonly pair: WatchedPair,
    readonly databaseUrl: string,
  ) {}

  static async open(serverUrl: string, databaseName: string): Promise<FailoverStage> {
    return new FailoverStage(await WatchedPair.start(), urlOf(serverUrl, databaseName));
  }

  get near(): RedisAddress {
    return { kind: 'sentinel', port: this.pair.sentinelPort, name: PRIMARY };
  }

  get direct(): RedisAddress {
    return this.near;
  }

  stop(): Promise<void> {
    return this.pair.stop();
  }
}

/** Everybody asks the cluster for the way. */
export class ClusterStage implements Stage {
  private constructor(
    readonly cluster: RedisCluster,
    readonly databaseUrl: string,
  ) {}

  static async open(serverUrl: string, databaseName: string): Promise<ClusterStage> {
    return new ClusterStage(await RedisCluster.start(), urlOf(serverUrl, databaseName));
  }

  get near(): RedisAddress {
    return { kind: 'cluster', ports: this.cluster.servers.map(({ port }) => port) };
  }

  get direct(): RedisAddress {
    return this.near;
  }

  stop(): Promise<void> {
    return this.cluster.stop();
  }
}
