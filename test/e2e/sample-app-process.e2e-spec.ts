import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Settings } from '../../sample-app/app.module.js';
import { describeDatabases } from '../support/databases.js';
import { describeWith } from '../support/services.js';
import { newDatabaseUrl } from './sample-app-database.js';

const execute = promisify(execFile);

interface Example {
  readonly id: number;
  readonly title: string;
}

describe('The sample app as a process', () => {
  // As `npm start` does first.
  beforeAll(() => execute(process.execPath, ['scripts/set-up.mjs', 'sample-app']), 180_000);

  it('shows what it says it does, command by command', async () => {
    const { output } = await started();
    // It does as this library advises.
    expect(output).not.toContain('WARN');
    const [list, change, listAgain] = commandsIn(output);

    const first = await list!();
    expect(first.headers.get('x-queries')).toBe('2');
    const before = (await first.json()) as Example[];
    expect(before[0]).toMatchObject({ id: 1, title: 'for everybody' });
    const second = await list!();
    expect(second.headers.get('x-queries')).toBe('0');
    expect(await second.json()).toEqual(before);

    expect(await (await change!()).json()).toMatchObject({ id: 1, title: 'changed' });

    const third = await listAgain!();
    expect(third.headers.get('x-queries')).toBe('2');
    expect(((await third.json()) as Example[]).map(({ title }) => title)).toEqual(['changed', 'not active']);
  });

  it('documents its API', async () => {
    const { url } = await started();
    expect(await (await fetch(`${url}/docs`)).text()).toContain('swagger-ui');
    const { paths } = (await (await fetch(`${url}/docs-json`)).json()) as { paths: Record<string, object> };
    expect(Object.keys(paths['/examples']!)).toEqual(['get', 'post']);
    expect(Object.keys(paths['/examples/{pk}']!)).toEqual(['get', 'put', 'patch']);
  });

  it('finishes the request at hand when told to stop, then ends', async () => {
    const { url, process } = await started();
    // A connection kept alive, which must not keep the process.
    await (await fetch(`${url}/examples`)).text();

    const post = request(`${url}/examples`, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', expect: '100-continue' },
    });
    const responded = once(post, 'response');
    post.flushHeaders();
    await once(post, 'continue');
    const exited = once(process, 'exit', { signal: AbortSignal.timeout(5_000) });
    process.kill('SIGTERM');
    while (await answers(url));
    post.end('{"title":"last"}');

    const [response] = await responded;
    expect(response.statusCode).toBe(201);
    expect(JSON.parse(await text(response))).toMatchObject({ title: 'last' });
    await exited;
  });

  it('leaves nothing open when closed', () => endsByItself({}));

  describeDatabases(
    'with',
    (database) =>
      describeWith('redis', 'and Redis', (REDIS_URL) => {
        it('leaves nothing open when closed', async () =>
          endsByItself({
            DATABASE_URL: await newDatabaseUrl(database),
            REDIS_URL,
            CACHE_NAMESPACE: `test-${randomUUID()}`,
          }));
      }),
    ['postgres', 'mariadb'],
  );
});

async function started(): Promise<{ url: string; output: string; process: ChildProcess }> {
  const process = spawn(globalThis.process.execPath, ['sample-app/dist/main.js'], {
    env: { PATH: globalThis.process.env.PATH, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void process.kill('SIGKILL'));
  let output = '';
  // Left open: the app may go on printing.
  for await (const chunk of process.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    output += chunk as string;
    const url = /sample app is at (\S+),/.exec(output)?.[1];
    if (url && commandsIn(output).length === 3) return { url, output, process };
  }
  throw new Error(`The sample app ended before it told its address:\n${output}`);
}

/** The curl commands of a text, to be run by fetch. */
function commandsIn(output: string): (() => Promise<Response>)[] {
  const curl = /^ *curl -i(?: -X (\w+))? (\S+)(?: -H '(.+?): (.+?)' -d '(.+)')?$/gm;
  return [...output.matchAll(curl)].map(([, method = 'GET', url, header, value, body]) => () => {
    return fetch(url!, { method, ...(body && { headers: [[header!, value!]], body }) });
  });
}

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/examples`, { headers: { connection: 'close' } }).then(
    () => true,
    () => false,
  );
}

/** A signal would end the process whatever is open; `close()` does not. */
async function endsByItself(settings: Settings): Promise<void> {
  const script = `
    import { NestFactory } from '@nestjs/core';
    import { AppModule } from './sample-app/dist/app.module.js';
    const app = await NestFactory.create(AppModule.register(process.env), { logger: ['error'] });
    await app.listen(0, '127.0.0.1');
    const { status } = await fetch(await app.getUrl() + '/examples');
    await app.close();
    console.log(status);
  `;
  const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: process.env.PATH, ...settings },
    timeout: 20_000,
  });
  expect(stdout).toBe('200\n');
}
