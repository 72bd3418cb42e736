import { Body, Controller, Get, Param, ParseIntPipe, Put } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Example } from '../model/example.entity.js';
import { ExampleCacheManager } from '../model/managers.js';

/** The controller of the README's quick start. */
@Controller('examples')
export class ExampleController {
  constructor(
    private readonly examples: ExampleCacheManager,
    @InjectRepository(Example) private readonly repository: Repository<Example>,
  ) {}

  @Get()
  list() {
    return this.examples.all();
  }

  @Get(':pk')
  retrieve(@Param('pk', ParseIntPipe) pk: number) {
    return this.examples.get(pk);
  }

  @Put(':pk')
  async update(@Param('pk', ParseIntPipe) pk: number, @Body() changes: { title: string }) {
    await this.repository.update(pk, changes);
    return this.examples.get(pk);
  }
}
