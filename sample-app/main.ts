import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppModule } from './app.module.js';

const app = await NestFactory.create(AppModule.register(process.env), { logger: ['error', 'warn'] });
app.enableShutdownHooks();
const docs = new DocumentBuilder().setTitle('nestjs-qscache sample').build();
SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, docs));
await app.listen(process.env.PORT ?? 3000);

const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
const url = `http://localhost:${port}`;
console.log(`
The sample app is at ${url}, its API at ${url}/docs.
X-Queries in a response is the number of SQL statements it cost. The list costs 2 at first and 0 from then on:

  curl -i ${url}/examples

Change a row, read again: 2, with the new title.

  curl -i -X PUT ${url}/examples/1 -H 'Content-Type: application/json' -d '{"title":"changed"}'
  curl -i ${url}/examples
`);
