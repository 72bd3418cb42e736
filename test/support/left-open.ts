import type { DataSource } from 'typeorm';
import { dataSources } from '../../lib/writes/data-sources.js';

type Application = Parameters<typeof dataSources.join>[0];

const applications = new Set<Application>();
const opened = new Set<DataSource>();

// The one place that learns of all of them.
const join = dataSources.join.bind(dataSources);
const started = dataSources.started.bind(dataSources);
dataSources.join = (application) => {
  applications.add(application);
  join(application);
};
dataSources.started = (dataSource) => {
  opened.add(dataSource);
  return started(dataSource);
};

/** An application hears every DataSource of its process that is no other's, so those of one spec file would meet those of the next. */
export async function endWhatIsOpen(): Promise<void> {
  for (const application of applications) dataSources.leave(application);
  applications.clear();
  for (const dataSource of opened) if (dataSource.isInitialized) await dataSource.destroy();
  opened.clear();
}
