import { CacheModule } from '@nestjs/cache-manager';
import type { DynamicModule } from '@nestjs/common';

export function memory(): DynamicModule[] {
  return [CacheModule.register()];
}
