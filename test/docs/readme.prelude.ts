// What a reader of the README has at hand: imports, and the classes other snippets declare.
/* oxlint-disable no-unused-vars */
import { CacheModule } from '@nestjs/cache-manager';
import {
  Body,
  Controller,
  Get,
  Injectable,
  Logger,
  Module,
  type OnApplicationShutdown,
  Param,
  ParseIntPipe,
  Post,
  Put,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { getRepositoryToken, InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import KeyvRedis from '@keyv/redis';
import { KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Redis } from 'ioredis';
import { Keyv } from 'keyv';
import {
  BaseCacheManager,
  CacheEvents,
  ClearCacheDetail,
  ClearCacheKeys,
  QsCache,
  QsCacheModule,
  hours,
  minutes,
  seconds,
} from 'nestjs-qscache';
import { cacheStoreContract, expectQueries, QsCacheTestingModule } from 'nestjs-qscache/testing';
import {
  Column,
  DataSource,
  Entity,
  type EntityManager,
  JoinTable,
  ManyToMany,
  ManyToOne,
  PrimaryGeneratedColumn,
  Repository,
} from 'typeorm';
import { expect, it } from 'vitest';

declare const redis: Redis;

@Injectable()
export class TenantService {
  current(): string {
    return 'acme';
  }
}

@Module({ providers: [TenantService], exports: [TenantService] })
export class TenantModule {}

@Entity()
export class User {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ unique: true })
  username: string;
}

@Entity()
export class Example {
  @PrimaryGeneratedColumn()
  id: number;

  @Column()
  title: string;

  @Column({ default: true })
  isActive: boolean;

  @ManyToOne(() => User)
  user: User | null;

  @ManyToMany(() => User)
  @JoinTable()
  users: User[];
}

// begin ExampleCacheManager
@Injectable()
export class ExampleCacheManager extends BaseCacheManager<Example> {
  model = Example;
}
// end ExampleCacheManager

// begin UserCacheManager
@Injectable()
export class UserCacheManager extends BaseCacheManager<User> {
  model = User;
}
// end UserCacheManager

// begin ExampleController
export class ExampleController {
  retrieve(pk: number): Promise<Example> {
    throw new Error(`No example ${pk}`);
  }
}
// end ExampleController

export abstract class Warehouse {
  abstract importExamples(): Promise<Example[]>;
  abstract importExample(pk: string): Promise<Example>;
}
