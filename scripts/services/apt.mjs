// A service's package, from the distribution, where we may install it: typically a CI container.
import { run } from '../processes.mjs';
import { startLocally } from './local-server.mjs';

let updated;

export async function installWithApt(service) {
  if (process.getuid?.() !== 0) throw new Error('not root, so nothing can be installed with apt-get');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  console.log(`Installing ${service.packages.join(' ')} with apt-get for ${service.title}...`);
  await (updated ??= run('apt-get', ['update', '-q'], { env }));
  await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...service.packages], { env });
  const { url, origin } = await startLocally(service);
  return { url, origin: `installed with apt-get, ${origin}` };
}
