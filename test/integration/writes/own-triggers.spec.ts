import { Injectable } from '@nestjs/common';
import { Column, type DataSourceOptions, Entity, PrimaryColumn } from 'typeorm';
import { expect, it } from 'vitest';
import { BaseCacheManager } from '../../../lib/index.js';
import { describeDatabases } from '../../support/databases.js';
import { createTestApp } from '../../support/test-app.js';

@Entity('address')
class Address {
  @PrimaryColumn({ type: 'int' })
  id!: number;

  @Column({ type: 'boolean' })
  isDefault!: boolean;
}

@Injectable()
class AddressCacheManager extends BaseCacheManager<Address> {
  model = Address;
  alsoWrites = [Address];
}

describeDatabases(
  'a table that says that it also writes itself',
  (database) => {
    it('has no row that is older than what its triggers have done to it', async () => {
      const { get, dataSource, settled } = await createTestApp({
        database: { ...(await database.options()), entities: [Address], synchronize: true } as DataSourceOptions,
        managers: [AddressCacheManager],
      });
      const { manager } = dataSource;
      await manager.query(
        `CREATE FUNCTION keep_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          UPDATE address SET "isDefault" = false WHERE id <> NEW.id AND NEW."isDefault"; RETURN NEW; END $$`,
      );
      await manager.query(
        `CREATE TRIGGER one_default AFTER INSERT OR UPDATE ON address
          FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION keep_one()`,
      );
      await manager.insert(Address, { id: 1, isDefault: true });
      const isDefault = async (id: number) => (await get(AddressCacheManager).get(id)).isDefault;
      expect(await isDefault(1)).toBe(true);
      await settled();
      await manager.insert(Address, { id: 2, isDefault: true });
      expect(await isDefault(1)).toBe(false);
      expect(await isDefault(2)).toBe(true);
      await settled();
      await manager.update(Address, 1, { isDefault: true });
      expect(await isDefault(2)).toBe(false);
    });
  },
  ['postgres'],
);
