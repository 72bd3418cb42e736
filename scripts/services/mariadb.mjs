import { join } from 'node:path';

export const mariadb = {
  name: 'mariadb',
  title: 'MariaDB',
  variable: 'QSCACHE_TEST_MARIADB_URL',
  programs: { server: ['mariadbd', 'mysqld'], install: ['mariadb-install-db', 'mysql_install_db'] },
  // Not on the PATH of ordinary users.
  folders: () => ['/usr/sbin', '/usr/local/sbin'],
  packages: ['mariadb-server'],
  port: 3306,
  url: (port) => `mariadb://root@127.0.0.1:${port}`,

  async start({ server, install }, { port, directory, run, serve }) {
    const data = `--datadir=${join(directory, 'data')}`;
    await run(install, ['--no-defaults', data, '--auth-root-authentication-method=normal', '--skip-test-db']);
    const settings = [
      '--bind-address=127.0.0.1',
      `--socket=${join(directory, 'socket')}`,
      `--pid-file=${join(directory, 'pid')}`,
      '--character-set-server=utf8mb4',
      '--max-connections=200',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-fast-shutdown=2',
    ];
    await serve(server, ['--no-defaults', data, `--port=${port}`, ...settings], {
      ready: /ready for connections/i,
      stopSignal: 'SIGTERM',
    });
  },
};
