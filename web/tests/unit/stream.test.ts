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
  it('tells each change once when the line is cut a thousand times', () => {
    // A server that sends from the position asked for, and often repeats some: what went out
    // just before a cut may or may not have arrived.
    const a = tab();
    const b = tab();
    let told = 0;
    let random = 7;
    const chance = (below: number) => {
      random = (random * 1103515245 + 12345) % 2147483648;
      return random % below;
    };
    for (let cut = 0; cut < 1000; cut++) {
      const source = live()[0]!;
      source.open();
      const since = Number(/since=e-(\d+)/.exec(decodeURIComponent(source.url))?.[1] ?? 0);
      const from = Math.max(0, Math.min(since, told) - chance(3));
      const until = Math.max(told, from) + chance(3);
      for (let position = from + 1; position <= until; position++) source.send('case', `e-${position}`, `{"number":"B-${position}"}`);
      told = Math.max(told, until);
      source.fail(true); // refused: the stream opens it anew itself, with its last id
      vi.advanceTimersByTime(30_000);
    }
    const numbers = a.events.map((event) => event.id);
    expect(numbers).toEqual(Array.from({ length: told }, (_, i) => `e-${i + 1}`));
    expect(b.events).toEqual(a.events);
    expect(told).toBeGreaterThan(500);
  });
  it('does not show what a sleeping tab knew as live, and catches up', () => {
    const a = tab({ since: 'e-4' });
    live()[0]!.open();
    expect(a.stream.state).toBe('live');
    vi.setSystemTime(Date.now() + 86_400_000); // a day without a tick
    vi.advanceTimersByTime(5000);
    expect(a.states).toEqual(['live', 'connecting']);
    expect(live()).toHaveLength(1);
    expect(live()[0]!.url).toContain('since=e-4');
    live()[0]!.open();
    live()[0]!.send('reset', 'e-900');
    expect(a.stream.state).toBe('live');
    expect(a.events).toEqual([{ id: 'e-900', event: 'reset', data: '{}' }]);
  });
  it('reads everything anew in a tab that missed what the reader heard', () => {
    const a = tab();
    const b = tab();
    live()[0]!.open();
    live()[0]!.send('case', 'e-5');
    const channels = [...FakeChannel.all];
    FakeChannel.all.delete(channels[1]!); // b is frozen
    live()[0]!.send('case', 'e-6');
    FakeChannel.all.add(channels[1]!);
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(5000); // both notice; the reader reconnects
    live()[0]!.open();
    vi.advanceTimersByTime(5000);
    expect(a.events.map((event) => event.id)).toEqual(['e-5', 'e-6']);
    expect(b.events.map((event) => [event.event, event.id])).toEqual([['case', 'e-5'], ['reset', 'e-6']]);
    expect(b.stream.state).toBe('live');
  });
  it('catches up a tab whose list is older than what the reader has heard', () => {
    const a = tab({ since: 'e-1' });
    live()[0]!.open();
    live()[0]!.send('case', 'e-3');
    const late = tab({ since: 'e-2' });
    const fresh = tab({ since: 'e-3' });
    expect(late.events.map((event) => event.event)).toEqual(['reset']);
    expect(fresh.events).toEqual([]);
    expect(a.events).toHaveLength(1);
  });
  it('stands in for a reader that does not answer, until it speaks again', () => {
    tab();
    live()[0]!.open();
    live()[0]!.send('case', 'e-1');
    const b = tab({ since: 'e-1' });
    const [reader] = [...FakeChannel.all];
    FakeChannel.all.delete(reader!); // frozen with the lock
    vi.advanceTimersByTime(60_000);
    expect(live()).toHaveLength(2);
    live()[1]!.open();
    live()[1]!.send('case', 'e-2');
    expect(b.events.map((event) => event.id)).toEqual(['e-2']);
    FakeChannel.all.add(reader!);
    live()[0]!.send('case', 'e-2');
    expect(live()).toHaveLength(1);
    expect(b.events).toHaveLength(1);
  });
  it('serves six tabs over one connection', () => {
    const tabs = Array.from({ length: 6 }, () => tab());
    expect(live()).toHaveLength(1);
    live()[0]!.open();
    live()[0]!.send('case', 'e-1');
    for (const one of tabs) expect(one.events).toHaveLength(1);
  });
});
