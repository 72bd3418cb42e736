// The smallest application there is: one entity, one manager. `package.e2e-spec.ts` compiles and runs it against the packed
// library, in a folder where nothing of this repository can be found.
import 'reflect-metadata';
import { CacheModule } from '@nestjs/cache-manager';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { BaseCacheManager, QsCacheModule } from 'nestjs-qscache';
import { AbstractLogger, Column, DataSource, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { LogMessage } from 'typeorm';

@Entity()
class Example {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column()
  title!: string;
}

@Injectable()
class ExampleCacheManager extends BaseCacheManager<Example> {
  model = Example;
}

let queries = 0;

class CountingLogger extends AbstractLogger {
  protected writeLog(_: unknown, messages: LogMessage | LogMessage[]): void {
    queries += [messages]
      .flat()
      .filter(({ type, message }) => type === 'query' && `${message}`.startsWith('SELECT')).length;
  }
}

@Module({
  imports: [
    CacheModule.register(),
    TypeOrmModule.forRoot({
      type: 'sqljs',
      entities: [Example],
      synchronize: true,
      logger: new CountingLogger(['query']),
    }),
    TypeOrmModule.forFeature([Example]),
    QsCacheModule.forFeature([ExampleCacheManager]),
  ],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
const repository = app.get(DataSource).getRepository(Example);
const examples = app.get(ExampleCacheManager);

async function read() {
  queries = 0;
  const all = await examples.all();
  const titles: string[] = all.map(({ title }) => title);
  return { queries, titles, instances: all.every((example) => example instanceof Example) };
}

await repository.insert({ title: 'one' });
const cold = await read();
const warm = await read();
await repository.insert({ title: 'two' });
const written = await read();

console.log(JSON.stringify({ cold, warm, written }));
await app.close();
