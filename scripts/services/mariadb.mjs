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
      '--innodb-fast-shutdown=2',
      // Tables are made and dropped by the thousand and outlive no run: nothing waits for the disk, none has a file or statistics of its own.
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-flush-method=nosync',
      '--innodb-file-per-table=0',
      '--innodb-stats-persistent=0',
      // MySQL has no such option.
      '--loose-debug-no-sync',
    ];
    await serve(server, ['--no-defaults', data, `--port=${port}`, ...settings], {
      ready: /ready for connections/i,
      stopSignal: 'SIGTERM',
    });
  },
};
