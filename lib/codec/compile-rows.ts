import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { assembleRows } from './assembled-rows.js';
import type { ColumnKind } from './cells.js';
import { generateRows } from './generated-rows.js';
import type { Member } from './member.js';
import type { PayloadBlock } from './payload.js';
import type { RecordShape } from './record-shape.js';
import { planRows, type RowPlan } from './row-plan.js';

/** Makes the entity of one row. */
export type RowFactory = (row: number) => ObjectLiteral;

/** Binds a way to fill rows to the columns of one payload and to the rows they refer to. */
export type BindRows = (columns: PayloadBlock[2], related: readonly RowFactory[]) => RowFactory;

export interface CompiledRows {
  /** The kinds it was compiled for. */
  readonly kinds: readonly ColumnKind[];
  /** Whether every row is made once only, so that parsed JSON is handed out without a copy. */
  readonly fresh: boolean;
  readonly steps: RowPlan['steps'];
  /** The entities its columns refer to, in their order. */
  readonly related: readonly EntityMetadata[];
  /** What only shows while an object is filled, with the place of its column; without one, it is set to undefined. */
  readonly hidden: readonly { readonly member: Member; readonly place?: number }[];
  readonly bind: BindRows;
}

/**
 * Compiles the decoder of a block of rows.
 *
 * @param fresh every row is made once only, so that parsed JSON can be handed out without a copy
 * @throws {CorruptPayloadError} for what no writer of ours would say
 */
export function compileRows(
  shape: RecordShape,
  layout: string,
  kinds: readonly ColumnKind[],
  fresh: boolean,
): CompiledRows {
  const plan = planRows(shape, layout, kinds);
  const { steps, related } = plan;
  const hidden = steps
    .filter(({ member, fill }) => fill !== 'inside' && (member.group.accessors.has(member) || member.transform))
    .map((step) => (step.fill === 'cell' ? { member: step.member, place: step.place } : { member: step.member }));
  const bind = mayGenerate() ? generateRows(plan, fresh) : assembleRows(plan, fresh);
  return { kinds, fresh, steps, related, hidden, bind };
}

let generates: boolean | undefined;

/** Whether this process may make code of text: `--disallow-code-generation-from-strings` and some hosts forbid it. Asked once. */
function mayGenerate(): boolean {
  if (generates !== undefined) return generates;
  try {
    return (generates = new Function('return true')() === true);
  } catch {
    return (generates = false);
  }
}
