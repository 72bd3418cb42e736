export const redis = {
  name: 'redis',
  title: 'Redis',
  variable: 'QSCACHE_TEST_REDIS_URL',
  programs: { server: ['redis-server', 'valkey-server'] },
  folders: () => [],
  packages: ['redis-server'],
  port: 6379,
  url: (port) => `redis://127.0.0.1:${port}`,

  // The tag scripts need the `#!lua` flags and PEXPIRE GT of version 7.
  async check({ server }, run) {
    const [, version] = /v=(\d+[.\d]*)/.exec(await run(server, ['--version'])) ?? [];
    if (!version || parseInt(version) < 7)
      throw new Error(`${server} is version ${version}, 7 is the oldest that works`);
  },

  async start({ server }, { port, directory, serve }) {
    await serve(server, ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', directory, '--save', ''], {
      ready: /ready to accept connections/i,
      stopSignal: 'SIGTERM',
    });
  },
};
