import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { QsCacheModule } from 'nestjs-qscache';
import { UserCacheManager } from '../users/user.cache-manager.js';
import { User } from '../users/user.entity.js';
import { ExampleCacheManager } from './example.cache-manager.js';
import { Example } from './example.entity.js';
import { ExamplesController } from './examples.controller.js';

@Module({
  imports: [
    TypeOrmModule.forFeature([User, Example]),
    QsCacheModule.forFeature([UserCacheManager, ExampleCacheManager]),
  ],
  controllers: [ExamplesController],
})
export class ExamplesModule {}
