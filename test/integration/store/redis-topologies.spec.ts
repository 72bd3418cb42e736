import { once } from 'node:events';
import { connect } from 'node:net';
import { Cluster, Redis } from 'ioredis';
import { expect, it, onTestFinished, vi } from 'vitest';
import { describeWithRedisServers, Proxy, RedisServer } from '../../support/redis-server.js';
import { PRIMARY, RedisCluster, WatchedPair } from '../../support/redis-topologies.js';

describeWithRedisServers('A server that is killed', () => {
  it('comes back empty, or with what it had saved last', async () => {
    const server = await RedisServer.start();
    onTestFinished(() => server.stop());
    await server.admin.set('a', 'lost');
    await server.kill();
    await server.revive();
    expect(await server.admin.get('a')).toBeNull();
    await server.admin.set('a', 'saved');
    await server.admin.save();
    await server.admin.set('a', 'lost');
    await server.kill();
    await server.revive();
    expect(await server.admin.get('a')).toBe('saved');
  });
});

describeWithRedisServers('A primary whose replica lags', () => {
  it('takes what the replica has not heard with it', async () => {
    const pair = await WatchedPair.start();
    onTestFinished(() => pair.stop());
    const client = new Redis({ sentinels: [{ host: '127.0.0.1', port: pair.sentinelPort }], name: PRIMARY });
    onTestFinished(() => client.disconnect());
    client.on('error', () => undefined);
    await client.set('a', 'heard');
    await client.wait(1, 5000);
    pair.between.blackHole();
    await client.set('a', 'unheard');
    await pair.primary.kill();
    await pair.promoted();
    expect(await pair.replica.admin.get('a')).toBe('heard');
    expect(await client.get('a')).toBe('heard');
  });
});

describeWithRedisServers('A cluster', () => {
  it('moves a slot with all its keys to the next server', async () => {
    const cluster = await RedisCluster.start();
    onTestFinished(() => cluster.stop());
    const client = new Cluster(cluster.servers.map(({ port }) => ({ host: '127.0.0.1', port })));
    onTestFinished(() => client.disconnect());
    for (const name of ['one', 'two', 'three']) await client.set(`{slot}:${name}`, name);
    const [[slot, from]] = [...(await cluster.usedSlots())] as [[number, RedisServer]];
    await cluster.moveSlot(slot, from, 0);
    const [[moved, to]] = [...(await cluster.usedSlots())] as [[number, RedisServer]];
    expect(moved).toBe(slot);
    expect(to).toBe(cluster.servers[(cluster.servers.indexOf(from) + 1) % 3]);
    expect(await client.get('{slot}:three')).toBe('three');
  });
});

describeWithRedisServers('A way to a server', () => {
  async function way() {
    const server = await RedisServer.start();
    onTestFinished(() => server.stop());
    const proxy = await Proxy.to(server.port);
    onTestFinished(() => proxy.cut());
    return { server, proxy };
  }

  it('passes on after a black hole what came meanwhile, in its order', async () => {
    const { server, proxy } = await way();
    const client = new Redis(proxy.port);
    onTestFinished(() => client.disconnect());
    await client.ping();
    proxy.blackHole();
    const appended = Promise.all(['a', 'b', 'c'].map((text) => client.append('text', text)));
    expect(await server.admin.get('text')).toBeNull();
    await proxy.heal();
    expect(await appended).toEqual([1, 2, 3]);
    expect(await server.admin.get('text')).toBe('abc');
  });

  it('keeps the order of what is late when it becomes short again', async () => {
    const { server, proxy } = await way();
    const client = new Redis(proxy.port);
    onTestFinished(() => client.disconnect());
    await client.ping();
    proxy.latencyMs = 60_000;
    const late = client.append('text', 'a');
    await vi.waitFor(() => expect(proxy.late).toBe(1));
    proxy.latencyMs = 0;
    const next = client.append('text', 'b');
    await vi.waitFor(() => expect(proxy.late).toBe(2));
    await proxy.heal();
    await Promise.all([late, next]);
    expect(await server.admin.get('text')).toBe('ab');
  });

  it('ends in the middle of a reply', async () => {
    const { server, proxy } = await way();
    await server.admin.set('text', 'x'.repeat(10));
    const socket = connect(proxy.port, '127.0.0.1');
    socket.on('error', () => undefined);
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    proxy.cutReplies(1);
    socket.write('PING\r\n');
    while (!received) await once(socket, 'data');
    expect(received).toBe('+PONG\r\n');
    received = '';
    socket.write('GET text\r\n');
    await once(socket, 'close');
    expect(received).toBe(`$10\r\n${'x'.repeat(3)}`);
  });

  it('refuses, and is there again', async () => {
    const { proxy } = await way();
    await proxy.cut();
    const refused = new Redis(proxy.port, { retryStrategy: null, maxRetriesPerRequest: 0, lazyConnect: true });
    refused.on('error', () => undefined);
    await expect(refused.connect()).rejects.toThrow();
    await proxy.heal();
    await refused.connect();
    onTestFinished(() => refused.disconnect());
    expect(await refused.ping()).toBe('PONG');
  });
});
