import { Injectable } from '@nestjs/common';
import { BaseCacheManager } from 'nestjs-qscache';
import { Example } from './example.entity.js';
import { User } from './user.entity.js';

@Injectable()
export class ExampleCacheManager extends BaseCacheManager<Example> {
  model = Example;
  relatedObjects = ['user'] as const;
  prefetchRelatedObjects = ['users'] as const;
}

@Injectable()
export class UserCacheManager extends BaseCacheManager<User> {
  model = User;
}
