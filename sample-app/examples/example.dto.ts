import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { IsBoolean, Length, ValidateIf } from 'class-validator';

export class ExampleDto {
  @ApiProperty({ minLength: 1, maxLength: 100 })
  @Length(1, 100)
  title: string;

  // Not IsOptional, which lets null through to a column that takes none.
  @ApiPropertyOptional({ default: true })
  @ValidateIf((_, value) => value !== undefined)
  @IsBoolean()
  isActive?: boolean;
}

export class ExampleChangesDto extends PartialType(ExampleDto, { skipNullProperties: false }) {}
