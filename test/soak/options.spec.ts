import { describe, expect, it } from 'vitest';
import { parseOptions } from './options.js';

describe('parseOptions', () => {
  it('makes processes crash, with everybody in the cast, unless told otherwise', () => {
    expect(parseOptions([])).toMatchObject({ mode: 'crashes', without: [], fault: undefined, seconds: 60 });
  });

  it('takes the mode a fault shows in', () => {
    expect(parseOptions(['--break', 'hasty'])).toMatchObject({ mode: 'latency', fault: 'hasty' });
    expect(parseOptions(['--break', 'deaf-boot'])).toMatchObject({ mode: 'crashes', fault: 'deaf-boot' });
  });

  it('lets Redis tell of changes where that is asked for, or what is broken', () => {
    expect(parseOptions([])).toMatchObject({ tracking: false });
    expect(parseOptions(['--tracking', '--mode', 'resets'])).toMatchObject({ tracking: true, mode: 'resets' });
    expect(parseOptions(['--break', 'standing-for-ever'])).toMatchObject({ tracking: true, mode: 'crashes' });
  });

  it('refuses a fault that nobody in the run has', () => {
    expect(() => parseOptions(['--mode', 'bursts', '--break', 'hasty'])).toThrow(/breaks nobody.*--mode latency/);
    expect(() => parseOptions(['--break', 'deaf-worker', '--without', 'writer'])).toThrow(/breaks nobody/);
  });

  it('refuses a mode, a fault or a role there is not', () => {
    expect(() => parseOptions(['--mode', 'rain'])).toThrow(/crashes, latency, resets, bursts/);
    expect(() => parseOptions(['--break', 'everything'])).toThrow(/late-fill/);
    expect(() => parseOptions(['--without', 'worker'])).toThrow(/neighbour, writer, migrator/);
  });
});
