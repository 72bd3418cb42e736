import { describe, it } from 'vitest';

export type ServiceName = 'redis' | 'postgres' | 'mariadb';

/** Where a real service is, or why there is none. */
export type Service = { readonly url: string } | { readonly skip: string };

/** What `npm test` found or started. A spec may write to a service, but only under names of its own: others use it as well. */
export const services: Readonly<Record<ServiceName, Service>> = {
  redis: fromEnvironment('QSCACHE_TEST_REDIS_URL'),
  postgres: fromEnvironment('QSCACHE_TEST_POSTGRES_URL'),
  mariadb: fromEnvironment('QSCACHE_TEST_MARIADB_URL'),
};

/** A `describe` that needs a service: without it the suite is skipped, never silently, and `npm test` fails in CI. */
export function describeWith(name: ServiceName, title: string, body: (url: string) => void): void {
  const service = services[name];
  if ('url' in service) {
    describe(title, () => body(service.url));
    return;
  }
  if (process.env.CI) throw new Error(`"${title}" needs ${name}: ${service.skip}`);
  console.warn(`Skipped "${title}", which needs ${name}: ${service.skip}`);
  describe(title, () => it.skip(`needs ${name}: ${service.skip}`, () => undefined));
}

function fromEnvironment(variable: string): Service {
  const url = process.env[variable];
  if (url) return { url };
  return { skip: process.env[`${variable}_SKIPPED`] ?? `${variable} is not set; "npm test" finds or starts a server` };
}
