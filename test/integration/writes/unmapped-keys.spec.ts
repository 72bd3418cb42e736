import { Injectable } from '@nestjs/common';
import {
  Column,
  type DataSourceOptions,
  Entity,
  type MigrationInterface,
  PrimaryColumn,
  type QueryRunner,
} from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('customer')
class Customer {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'int' })
  code!: number;
}

@Entity('invoice')
class Invoice {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'int', nullable: true })
  owner!: number | null;
}

@Injectable()
class CustomerCacheManager extends BaseCacheManager<Customer> {
  model = Customer;
}

@Injectable()
class InvoiceCacheManager extends BaseCacheManager<Invoice> {
  model = Invoice;
}

const CUSTOMER = 'CREATE TABLE customer (id int PRIMARY KEY, code int NOT NULL UNIQUE)';

const INVOICE = (referenced: string, action: string) =>
  `CREATE TABLE invoice (id int PRIMARY KEY, owner int, FOREIGN KEY (owner) REFERENCES ${referenced} ${action})`;

const ROWS = ['INSERT INTO customer VALUES (1, 10), (2, 20)', 'INSERT INTO invoice VALUES (1, 1), (2, 2)'];

describeDatabases('a foreign key that the database has and no entity tells of', (database) => {
  async function setUp(...definitions: string[]) {
    class Define1700000000000 implements MigrationInterface {
      async up(runner: QueryRunner): Promise<void> {
        for (const sql of definitions) await runner.query(sql);
      }
      async down(): Promise<void> {}
    }
    const { get, dataSource, settled, statements } = await createTestApp({
      database: {
        ...(await database.options()),
        entities: [Customer, Invoice],
        migrations: [Define1700000000000],
        migrationsRun: true,
      } as DataSourceOptions,
      managers: [CustomerCacheManager, InvoiceCacheManager],
    });
    const read = async () => {
      await get(CustomerCacheManager).get(2);
      const invoice = await get(InvoiceCacheManager).get(1, { raiseException: false });
      await settled();
      return invoice?.owner;
    };
    await read();
    await statements.expect(0, read);
    return { manager: dataSource.manager, read, statements };
  }

  it('is known to delete', async () => {
    const { manager, read } = await setUp(CUSTOMER, INVOICE('customer (id)', 'ON DELETE CASCADE'), ...ROWS);
    await manager.delete(Customer, 1);
    expect(await read()).toBeUndefined();
  });

  it('is known to set NULL', async () => {
    const { manager, read } = await setUp(CUSTOMER, INVOICE('customer (id)', 'ON DELETE SET NULL'), ...ROWS);
    await manager.delete(Customer, 1);
    expect(await read()).toBeNull();
  });

  it('is known to follow the key it refers to, and nothing else', async () => {
    const rows = ['INSERT INTO customer VALUES (1, 10), (2, 20)', 'INSERT INTO invoice VALUES (1, 10), (2, 20)'];
    const { manager, read, statements } = await setUp(
      CUSTOMER,
      INVOICE('customer (code)', 'ON UPDATE CASCADE'),
      ...rows,
    );
    await manager.query('UPDATE customer SET id = 3 WHERE id = 1');
    await statements.expect(0, read);
    await manager.update(Customer, 3, { code: 30 });
    expect(await read()).toBe(30);
  });

  it('is known to delete by way of a table that is not mapped', async () => {
    const { manager, read } = await setUp(
      CUSTOMER,
      'CREATE TABLE account (id int PRIMARY KEY, holder int, FOREIGN KEY (holder) REFERENCES customer (id) ON DELETE CASCADE)',
      INVOICE('account (id)', 'ON DELETE CASCADE'),
      'INSERT INTO customer VALUES (1, 10), (2, 20)',
      'INSERT INTO account VALUES (1, 1), (2, 2)',
      'INSERT INTO invoice VALUES (1, 1), (2, 2)',
    );
    await manager.delete(Customer, 1);
    expect(await read()).toBeUndefined();
  });
});
