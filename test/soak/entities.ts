import {
  Column,
  DeleteDateColumn,
  Entity,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
} from 'typeorm';

/** Rows come and go within these keys, so that rows return under keys that had clocks before. */
export const sizes = { author: 6, article: 12, remark: 24, label: 5, shelf: 3, slug: 14, scroll: 130 } as const;

abstract class Row {
  @PrimaryColumn({ type: 'int' })
  id: number;

  @Column({ type: 'int', default: 0 })
  note: number;

  /** Set by a trigger, another one with each write to the row: tells which write a read has seen. */
  @Column({ type: 'int', default: 0, insert: false, update: false })
  stamp: number;
}

@Entity()
export class Author extends Row {
  @DeleteDateColumn({ name: 'deleted_at' })
  deletedAt: Date | null;
}

@Entity()
export class Label extends Row {}

@Entity()
export class Article extends Row {
  @Column({ type: 'varchar', length: 20, unique: true })
  slug: string;

  @Column({ type: 'int', default: 1 })
  shelf: number;

  @Column({ type: 'int', name: 'author_id', nullable: true })
  authorId: number | null;

  @ManyToOne(() => Author, { nullable: true })
  @JoinColumn({ name: 'author_id' })
  author?: Author | null;

  @OneToMany(() => Remark, (remark) => remark.article)
  remarks?: Remark[];

  @ManyToMany(() => Label)
  @JoinTable({ name: 'article_label', joinColumn: { name: 'article_id' }, inverseJoinColumn: { name: 'label_id' } })
  labels?: Label[];

  @DeleteDateColumn({ name: 'deleted_at' })
  deletedAt: Date | null;
}

@Entity()
export class Remark extends Row {
  @Column({ type: 'int', name: 'article_id' })
  articleId: number;

  @ManyToOne(() => Article, (article) => article.remarks, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'article_id' })
  article?: Article | null;
}

/** Rows nobody writes to, of several MB together: what counts is who waits while they are filled. */
@Entity()
export class Scroll {
  @PrimaryColumn({ type: 'int' })
  id: number;

  @Column({ type: 'text' })
  text: string;
}

export const entities = [Author, Label, Article, Remark, Scroll];
