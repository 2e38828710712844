// SPDX-License-Identifier: MPL-2.0
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChangeStream, type Source, type StreamEvent, type StreamState } from '../../lib/live/stream.ts';

class FakeSource implements Source {
  static all: FakeSource[] = [];
  readyState = 0;
  onopen: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  listeners = new Map<string, (event: MessageEvent<string>) => void>();
  closed = false;
  constructor(readonly url: string) {
    FakeSource.all.push(this);
  }
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void) {
    this.listeners.set(type, listener);
  }
  close() {
    this.closed = true;
    this.readyState = 2;
  }
  open() {
    this.readyState = 1;
    this.onopen?.(new Event('open'));
  }
  send(event: string, id: string, data = '{}') {
    this.listeners.get(event)?.(new MessageEvent(event, { data, lastEventId: id }));
  }
  fail(closed: boolean) {
    this.readyState = closed ? 2 : 0;
    this.onerror?.(new Event('error'));
  }
}
/** Channels of one name reach each other, as in one browser. */
class FakeChannel {
  static all = new Set<FakeChannel>();
  onmessage: ((event: MessageEvent) => void) | null = null;
  constructor(readonly name: string) {
    FakeChannel.all.add(this);
  }
  postMessage(data: unknown) {
    for (const one of FakeChannel.all) {
      if (one !== this && one.name === this.name) one.onmessage?.(new MessageEvent('message', { data }));
    }
  }
  close() {
    FakeChannel.all.delete(this);
  }
}
/** A lock that is handed on to the next in the queue. */
function fakeLocks() {
  const queue: (() => Promise<unknown>)[] = [];
  let held = false;
  const next = () => {
    const work = held ? undefined : queue.shift();
    if (!work) return;
    held = true;
    void work().then(() => {
      held = false;
      next();
    });
  };
  return {
    request: async (_name: string, _options: unknown, work: () => Promise<unknown>) => {
      queue.push(work);
      next();
    },
  } as unknown as LockManager;
}

let locks: LockManager;
function tab(more: Partial<ConstructorParameters<typeof ChangeStream>[0]> = {}) {
  const events: StreamEvent[] = [];
  const states: StreamState[] = [];
  const stream = new ChangeStream({
    url: '/b/api/v1/changes',
    name: 'gridcase:b:1:changes',
    locks,
    open: (url) => new FakeSource(url),
    channel: (name) => new FakeChannel(name) as unknown as BroadcastChannel,
    onEvent: (event) => events.push(event),
    onState: (state) => states.push(state),
    retryMs: 100,
    ...more,
  });
  return { stream, events, states };
}
const live = () => FakeSource.all.filter((source) => !source.closed);

describe('change stream', () => {
  beforeEach(() => {
    FakeSource.all = [];
    FakeChannel.all.clear();
    locks = fakeLocks();
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  it('opens one connection for all tabs, and all tabs hear every event', () => {
    const a = tab();
    const b = tab();
    expect(live()).toHaveLength(1);
    expect([a.stream.leader, b.stream.leader]).toEqual([true, false]);
    live()[0]!.open();
    live()[0]!.send('case', 'e-5', '{"number":"B-1"}');
    expect(a.events).toEqual([{ id: 'e-5', event: 'case', data: '{"number":"B-1"}' }]);
    expect(b.events).toEqual(a.events);
    expect([a.stream.state, b.stream.state]).toEqual(['live', 'live']);
  });
  it('continues in the next tab from the last id that was heard', async () => {
    const a = tab();
    const b = tab();
    live()[0]!.send('gone', 'e-9');
    a.stream.close();
    await vi.advanceTimersByTimeAsync(0);
    expect(live()).toHaveLength(1);
    expect(live()[0]!.url).toBe('/b/api/v1/changes?since=e-9');
    expect(b.stream.leader).toBe(true);
  });
  it('tells a late tab how the stream stands', () => {
    tab();
    live()[0]!.open();
    expect(tab().stream.state).toBe('live');
  });
  it('leaves a dropped connection to the browser and says that it is lost', () => {
    const a = tab();
    live()[0]!.open();
    live()[0]!.fail(false);
    expect(a.stream.state).toBe('lost');
    vi.advanceTimersByTime(5000);
    expect(FakeSource.all).toHaveLength(1);
    live()[0]!.open();
    expect(a.states).toEqual(['live', 'lost', 'live']);
  });
  it('opens a refused stream anew, later each time, and asks about the session', () => {
    const onRefused = vi.fn();
    tab({ onRefused });
    live()[0]!.send('case', 'e-3');
    FakeSource.all[0]!.fail(true);
    vi.advanceTimersByTime(100);
    expect(FakeSource.all[1]!.url).toContain('since=e-3');
    FakeSource.all[1]!.fail(true);
    vi.advanceTimersByTime(150);
    expect(FakeSource.all).toHaveLength(2);
    vi.advanceTimersByTime(50);
    expect(FakeSource.all).toHaveLength(3);
    expect(onRefused).toHaveBeenCalledTimes(2);
  });
  it('reads for itself where there are no locks', () => {
    tab({ locks: null });
    tab({ locks: null });
    expect(live()).toHaveLength(2);
  });
});
