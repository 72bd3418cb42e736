import { throwIfInterrupted } from '../processes.mjs';
import { installWithApt } from './apt.mjs';
import { startWithCompose } from './compose.mjs';
import { startLocally } from './local-server.mjs';

/**
 * The nearest place a service can be had from: `{ url, origin }`, or `{ skipped }` with every reason why not.
 *
 * A server that merely happens to run on this machine is never used: its data belongs to someone.
 */
export async function findService(service) {
  const reasons = [];
  for (const source of [given, startLocally, installWithApt, startWithCompose]) {
    try {
      return await source(service);
    } catch (error) {
      throwIfInterrupted();
      reasons.push(error.message);
    }
  }
  return { skipped: reasons.join('; ') };
}

async function given({ variable }) {
  const url = process.env[variable];
  if (!url) throw new Error(`${variable} is not set`);
  return { url, origin: `given by ${variable}` };
}
