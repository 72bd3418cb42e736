import { describe, expect, it } from 'vitest';
import { NEVER_PAID, WriteAdvances } from './write-advances.js';

const notHeld = () => false;

describe('WriteAdvances', () => {
  it('is unheard once an event says that its advance failed', () => {
    const write = new WriteAdvances();
    write.advancing('1');
    write.saidToHaveFailed(notHeld);
    expect(write.owed).toBe(NEVER_PAID);
  });

  it('is owed as the last debt that an event tells of', () => {
    const write = new WriteAdvances();
    write.advancing('1');
    write.saidToBeOwed(4, notHeld);
    write.saidToHaveFailed(notHeld);
    expect(write.owed).toBe(4);
    write.advancing('2');
    write.saidToBeOwed(6, (advance) => advance === '1');
    expect(write.owed).toBe(6);
    write.advanced('2');
    expect(write.owed).toBe(4);
  });

  it('is not excused by an advance that is still under way when the write is acknowledged, unless an event says so', () => {
    const write = new WriteAdvances();
    write.advancing('1');
    expect(write.owed).toBeUndefined();
  });

  it('is heard when a later attempt goes through', () => {
    const write = new WriteAdvances();
    write.advancing('1');
    write.saidToHaveFailed(notHeld);
    write.advancing('1');
    write.advanced('1');
    expect(write.owed).toBeUndefined();
  });

  it('is heard by its hold, which blocks readers in its place', () => {
    const write = new WriteAdvances();
    write.advancing('1');
    write.saidToBeOwed(1, (hold) => hold === '1');
    write.saidToHaveFailed((hold) => hold === '1');
    expect(write.owed).toBeUndefined();
  });

  it('stays unheard when another statement of the same write is heard', () => {
    const write = new WriteAdvances();
    write.advancing('1');
    write.saidToHaveFailed(notHeld);
    write.advancing('2');
    write.advanced('2');
    expect(write.owed).toBe(NEVER_PAID);
  });
});
