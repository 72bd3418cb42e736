import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const debian = '/usr/lib/postgresql';

export const postgres = {
  name: 'postgres',
  title: 'PostgreSQL',
  variable: 'QSCACHE_TEST_POSTGRES_URL',
  programs: { server: ['postgres'], initdb: ['initdb'] },
  // Debian keeps one folder per version and puts none on the PATH.
  folders: () => (existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : []),
  packages: ['postgresql'],
  port: 5432,
  url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,

  async start({ server, initdb }, { port, directory, run, serve }) {
    const data = join(directory, 'data');
    await run(initdb, ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']);
    const settings = [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      'fsync=off',
      'max_connections=200',
      // Off by default, and some specs are about two-phase commit.
      'max_prepared_transactions=20',
    ];
    await serve(server, ['-D', data, '-p', `${port}`, ...settings.flatMap((setting) => ['-c', setting])], {
      ready: /ready to accept connections/i,
      // "Fast": disconnects clients; SIGTERM would wait for them.
      stopSignal: 'SIGINT',
    });
  },
};
