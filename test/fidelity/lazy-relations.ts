import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { align, metadataOf } from './align.js';
import type { Application } from './application.js';
import { visibleDifference } from './views.js';

/** Awaits every lazy relation of both: a loaded one gives its rows without a statement, another one asks for them. */
export async function lazyDifference(
  application: Application,
  metadata: EntityMetadata,
  actual: readonly ObjectLiteral[],
  expected: readonly ObjectLiteral[],
): Promise<string | undefined> {
  const { dataSource, log } = application;
  for (const [i, entity] of expected.entries()) {
    const own = metadataOf(dataSource, entity) ?? metadata;
    for (const relation of own.lazyRelations) {
      const [wanted, given] = [
        await log.during(() => awaited(entity, relation)),
        await log.during(() => awaited(actual[i]!, relation)),
      ];
      const path = `[${i}], await ${relation.propertyPath}`;
      if (given.statements.length !== wanted.statements.length) {
        return `${path}: cost ${given.statements.length} statements, not ${wanted.statements.length}`;
      }
      const [ours, theirs] = [given, wanted].map(({ result }) => (Array.isArray(result) ? result : [result]));
      if ([...ours!, ...theirs!].every((row) => typeof row === 'object' && row !== null)) {
        align(dataSource, relation.inverseEntityMetadata, ours!, theirs!, true);
      }
      const difference = visibleDifference(given.result, wanted.result);
      if (difference) return `${path}${difference}`;
    }
  }
  return undefined;
}

/** Its rows, or how it fails: TypeORM joins some composite keys wrongly. */
async function awaited(entity: ObjectLiteral, { propertyPath }: EntityMetadata['relations'][number]): Promise<unknown> {
  try {
    return await propertyPath
      .split('.')
      .reduce<unknown>((of, name) => (of as ObjectLiteral | undefined)?.[name], entity);
  } catch (error) {
    return (error as Error).message;
  }
}
