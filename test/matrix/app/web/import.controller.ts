import { Body, Controller, Param, ParseIntPipe, Post, Put } from '@nestjs/common';
import { ClearCacheDetail, ClearCacheKeys } from 'nestjs-qscache';
import { ExampleCacheManager } from '../model/managers.js';
import { Outside } from '../model/outside.js';

/** Writes that only the decorators make known. */
@Controller('imports')
export class ImportController {
  constructor(private readonly outside: Outside) {}

  @Post()
  @ClearCacheKeys(ExampleCacheManager)
  async create(@Body() { id, title }: { id: number; title: string }) {
    await this.outside.rename(id, title);
    return { id };
  }

  @Put(':id')
  @ClearCacheDetail(ExampleCacheManager, { field: 'id' })
  async update(@Param('id', ParseIntPipe) id: number, @Body() { title }: { title: string }) {
    await this.outside.rename(id, title);
    return { id };
  }
}
