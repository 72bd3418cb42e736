import { Column, Entity, PrimaryColumn } from 'typeorm';

export const sizes = { item: 24, shelf: 4 } as const;

@Entity()
export class Item {
  @PrimaryColumn({ type: 'int' })
  id: number;

  @Column({ type: 'int' })
  shelf: number;

  /** Only grows: of two reads the one that shows less is the older one. */
  @Column({ type: 'int', default: 0 })
  version: number;
}

/** Rows never move, so a list that leaves one out is wrong. */
export const shelfOf = (id: number): number => 1 + (id % sizes.shelf);

export const idsOf = (shelf: number): number[] => itemIds.filter((id) => shelfOf(id) === shelf);

export const itemIds: readonly number[] = Array.from({ length: sizes.item }, (_, i) => i + 1);

/** One process writes a row, and no other: so its versions grow in the order they were acknowledged. */
export const writerOf = (id: number, processes: number): number => id % processes;
