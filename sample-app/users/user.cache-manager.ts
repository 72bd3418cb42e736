import { Injectable, UnauthorizedException } from '@nestjs/common';
import { BaseCacheManager } from 'nestjs-qscache';
import { User } from './user.entity.js';

@Injectable()
export class UserCacheManager extends BaseCacheManager<User> {
  model = User;
  exceptionClass = UnauthorizedException;
}
