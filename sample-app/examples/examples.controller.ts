import {
  Body,
  Controller,
  ForbiddenException,
  Get,
  Headers,
  Param,
  ParseBoolPipe,
  ParseIntPipe,
  Patch,
  Post,
  Put,
  Query,
} from '@nestjs/common';
import { ApiHeader, ApiQuery, ApiTags } from '@nestjs/swagger';
import { InjectRepository } from '@nestjs/typeorm';
import { ClearCacheDetail, ClearCacheKeys } from 'nestjs-qscache';
import { Repository } from 'typeorm';
import { UserCacheManager } from '../users/user.cache-manager.js';
import { ExampleCacheManager } from './example.cache-manager.js';
import { ExampleChangesDto, ExampleDto } from './example.dto.js';
import { Example } from './example.entity.js';

/**
 * What TypeORM writes is never served stale, decorated or not. The decorators show how to clear after writes it does not see: a
 * stored procedure, another service.
 */
@ApiTags('examples')
@ApiHeader({ name: 'x-user', required: false, description: 'Who asks: mojix, ana or nobody' })
@Controller('examples')
export class ExamplesController {
  constructor(
    private readonly examples: ExampleCacheManager,
    private readonly users: UserCacheManager,
    @InjectRepository(Example) private readonly repository: Repository<Example>,
  ) {}

  /** One cached list for everybody; who may see what is decided on every request. */
  @Get()
  @ApiQuery({ name: 'active', type: Boolean, required: false })
  async list(
    @Query('active', new ParseBoolPipe({ optional: true })) active?: boolean,
    @Headers('x-user') username?: string,
  ): Promise<Example[]> {
    const examples = await (active
      ? this.examples.all({ suffix: 'active', where: { isActive: true } })
      : this.examples.all());
    return examples.filter((example) => example.isFor(username));
  }

  @Get(':pk')
  async retrieve(@Param('pk', ParseIntPipe) pk: number, @Headers('x-user') username?: string): Promise<Example> {
    const example = await this.examples.get(pk);
    if (!example.isFor(username)) throw new ForbiddenException('This example is private');
    return example;
  }

  @Post()
  @ClearCacheKeys(ExampleCacheManager)
  async create(@Body() values: ExampleDto, @Headers('x-user') username?: string): Promise<Example> {
    const example = this.repository.create(values);
    example.user = username === undefined ? null : await this.users.get(username, { where: { username } });
    await this.repository.save(example);
    return this.examples.get(example.id);
  }

  @Put(':pk')
  @ClearCacheDetail(ExampleCacheManager, { field: 'id', additionalKeys: ['example'] })
  replace(
    @Param('pk', ParseIntPipe) pk: number,
    @Body() values: ExampleDto,
    @Headers('x-user') username?: string,
  ): Promise<Example> {
    return this.change(pk, values, username);
  }

  @Patch(':pk')
  @ClearCacheDetail(ExampleCacheManager, { field: 'id', additionalKeys: ['example'] })
  update(
    @Param('pk', ParseIntPipe) pk: number,
    @Body() changes: ExampleChangesDto,
    @Headers('x-user') username?: string,
  ): Promise<Example> {
    return this.change(pk, changes, username);
  }

  private async change(pk: number, changes: ExampleChangesDto, username: string | undefined): Promise<Example> {
    await this.retrieve(pk, username);
    await this.repository.update(pk, changes);
    return this.examples.get(pk);
  }
}
