import { run } from '../../scripts/processes.mjs';

/** `npm_execpath` is the npm that runs us, and starts on every platform without a shell. */
export function npm(cwd, ...args) {
  const { npm_execpath: self } = process.env;
  const [command, ...first] = self ? [process.execPath, self] : ['npm'];
  return run(command, [...first, ...args], { cwd });
}

/** Peers that do not fit are an error here, whatever the user's settings say. */
export function npmInstall(cwd, ...args) {
  const quick = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  return npm(cwd, 'install', ...quick, '--legacy-peer-deps=false', ...args);
}

/** The library as it would be published: its tarball in `folder`. Without scripts: `dist/` was built before. */
export async function pack(folder) {
  const printed = await npm('.', 'pack', '--ignore-scripts', '--json', '--pack-destination', folder);
  const [{ filename }] = Object.values(JSON.parse(printed));
  return filename;
}
