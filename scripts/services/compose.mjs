// A service from compose.yaml, in a project of this run alone, so it never meets the containers of anyone else.
import { fileURLToPath } from 'node:url';
import { defer, run } from '../processes.mjs';

const file = fileURLToPath(new URL('../../compose.yaml', import.meta.url));

export async function startWithCompose(service) {
  await run('docker', ['info'], { signal: AbortSignal.timeout(10_000) });
  const project = ['compose', '--file', file, '--project-name', `qscache-test-${process.pid}`];
  const compose = (...args) => run('docker', [...project, ...args]);
  console.log(`Starting ${service.title} with compose.yaml...`);
  defer(() => compose('rm', '--stop', '--force', '--volumes', service.name));
  await compose('up', '--detach', '--wait', service.name);
  const address = await compose('port', service.name, `${service.port}`);
  const [, port] = /:(\d+)\s*$/.exec(address);
  return { url: service.url(port), origin: `started with compose.yaml on port ${port}` };
}
