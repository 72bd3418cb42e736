import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { QsCacheModule } from 'nestjs-qscache';
import { Example } from './model/example.entity.js';
import { ExampleCacheManager, UserCacheManager } from './model/managers.js';
import { Outside } from './model/outside.js';
import type { QueryCount } from './model/query-count.js';
import { User } from './model/user.entity.js';
import { ExampleController } from './web/example.controller.js';
import { ImportController } from './web/import.controller.js';

@Module({})
export class AppModule {
  static register(database: TypeOrmModuleOptions, caches: DynamicModule[], logger: QueryCount): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ...caches,
        TypeOrmModule.forRoot({ ...database, autoLoadEntities: true, synchronize: true, logger }),
        TypeOrmModule.forFeature([Example, User]),
        QsCacheModule.forFeature([ExampleCacheManager, UserCacheManager]),
      ],
      controllers: [ExampleController, ImportController],
      providers: [Outside],
    };
  }
}
