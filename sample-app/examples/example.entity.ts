import { Column, Entity, JoinTable, ManyToMany, ManyToOne, PrimaryGeneratedColumn, UpdateDateColumn } from 'typeorm';
import { User } from '../users/user.entity.js';

@Entity()
export class Example {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ length: 100 })
  title: string;

  @Column({ default: true })
  isActive: boolean;

  @Column({ default: false })
  isPrivate: boolean;

  @UpdateDateColumn()
  updatedAt: Date;

  /** The owner. */
  @ManyToOne(() => User, { nullable: true, onDelete: 'SET NULL' })
  user: User | null;

  @ManyToMany(() => User)
  @JoinTable()
  users: User[];

  /** A private example is for its owner only. */
  isFor(username: string | undefined): boolean {
    return !this.isPrivate || (this.user !== null && this.user.username === username);
  }
}
