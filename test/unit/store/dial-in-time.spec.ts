import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { dialInTime } from '../../../lib/store/dial-in-time.js';
import { CONNECT_TIMEOUT_MS, type Dial, type Line } from '../../../lib/store/redis-connection.js';

const line = () => ({ send: async () => [], end: vi.fn<() => void>() }) satisfies Line;

/** As a client whose server takes the connection and says nothing. */
function silent(): { dial: Dial; isWanted(): boolean } {
  let signal: AbortSignal | undefined;
  return {
    dial: (_, given) => new Promise(() => (signal = given)),
    isWanted: () => signal?.aborted === false,
  };
}

describe('A dial', () => {
  it('is given up when it takes too long', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { dial, isWanted } = silent();
    const dialled = dialInTime(dial, () => undefined);
    vi.advanceTimersByTime(CONNECT_TIMEOUT_MS - 1);
    expect(isWanted()).toBe(true);
    vi.advanceTimersByTime(1);
    expect(isWanted()).toBe(false);
    await expect(dialled.line).rejects.toThrow('no connection within 2000 ms');
  });

  it('is given up at once when it is ended', async () => {
    const { dial, isWanted } = silent();
    const dialled = dialInTime(dial, () => undefined);
    dialled.end();
    expect(isWanted()).toBe(false);
    await expect(dialled.line).rejects.toThrow('the connection was closed');
  });

  it('says why it failed, and not that it was lost', async () => {
    const onLost = vi.fn<() => void>();
    const dial: Dial = async (lost) => {
      lost();
      throw new Error('ECONNREFUSED');
    };
    await expect(dialInTime(dial, onLost).line).rejects.toThrow('ECONNREFUSED');
    expect(onLost).not.toHaveBeenCalled();
  });

  it('that succeeded is ended when it is, and tells when it is lost', async () => {
    const onLost = vi.fn<() => void>();
    const opened = line();
    let lose!: () => void;
    const dialled = dialInTime(async (lost) => ((lose = lost), opened), onLost);
    await dialled.line;
    lose();
    expect(onLost).toHaveBeenCalledOnce();
    dialled.end();
    await vi.waitFor(() => expect(opened.end).toHaveBeenCalledOnce());
  });
});
