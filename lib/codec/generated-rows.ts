import type { EntityMetadata } from 'typeorm';
import { dataSourceOf } from '../peers/typeorm.js';
import { isReference, reviveCell } from './cells.js';
import type { BindRows } from './compile-rows.js';
import type { CellStep, RowPlan, RowStep } from './row-plan.js';
import { revive, unpack } from './values.js';

/**
 * Rows by generated code, because literal property names are what makes it faster than a plain JSON.parse: a loop over names takes
 * several times as long. Names come from the entity's metadata, quoted, never from a payload.
 */
export function generateRows({ shape, steps }: RowPlan, fresh: boolean): BindRows {
  const code = `return (columns, related) => {
    ${steps.map((step) => (step.fill === 'cell' ? binding(step) : '')).join('\n')}
    return (i) => {
      const entity = ${creation(shape.metadata)};
      ${steps.map((step) => assignment(step, fresh)).join('\n')}
      return entity;
    };
  };`;
  const generate = new Function('shape', 'target', 'members', 'unpack', 'revive', 'reviveCell', code);
  return generate(shape, shape.metadata.target, shape.members, unpack, revive, reviveCell) as BindRows;
}

/** As RecordShape.create, spelled out where TypeORM adds nothing to the instance. */
function creation(metadata: EntityMetadata): string {
  const { target, isAlwaysUsingConstructor, lazyRelations } = metadata;
  if (lazyRelations.length > 0 || dataSourceOf(metadata).options.typename) return 'shape.create()';
  if (typeof target !== 'function') return '{}';
  return isAlwaysUsingConstructor ? 'new target()' : 'Object.create(target.prototype)';
}

/** Looked up once for all rows: cells `c`, how their values are made `m`. */
function binding({ kind, place, member, reference }: CellStep): string {
  const cells = `const c${place} = columns[${place}];`;
  if (kind === 'plain' || kind === 'json') return cells;
  if (kind === 'transformed' || kind === 'data') {
    return member.transform ? `${cells} const m${place} = members[${member.number}].transform;` : cells;
  }
  // One of the words in `unpack`: a payload with any other is not read so far.
  const make = isReference(kind) ? `related[${reference}]` : `unpack[${JSON.stringify(kind)}]`;
  return `${cells} const m${place} = ${make};`;
}

function assignment(step: RowStep, fresh: boolean): string {
  const { member, fill } = step;
  const property = `${member.group.variable}[${JSON.stringify(member.name)}]`;
  if (fill === 'undefined') return `${property} = undefined;`;
  if (fill === 'cell') return `${property} = ${expression(step, fresh)};`;
  return `const ${step.inside.variable} = ${property} ??= members[${member.number}].inside.create();`;
}

function expression({ kind, place, member }: CellStep, fresh: boolean): string {
  const cell = `c${place}[i]`;
  const unlessNull = (made: string) => `${cell} === null ? null : ${made}`;
  switch (kind) {
    case 'plain':
      return cell;
    case 'json':
      return fresh ? cell : `revive(${cell})`;
    case 'data':
      return member.transform ? `reviveCell(${cell}, m${place})` : `revive(${cell})`;
    case 'transformed':
      return unlessNull(`m${place}.revive(${cell})`);
    case 'many':
      return unlessNull(`${cell}.map((row) => m${place}(row))`);
    default:
      return unlessNull(`m${place}(${cell})`);
  }
}
