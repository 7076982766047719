import { describe, expect, it } from 'vitest';
import { seededDice } from '../../../src/testing/simulate/dice.ts';
import { createInbox } from '../../../src/testing/simulate/inbox.ts';
import { createNetwork } from '../../../src/testing/simulate/network.ts';
import { createTimeline } from '../../../src/testing/simulate/timeline.ts';
import { createWindows } from '../../../src/testing/simulate/windows.ts';

const world = () => {
  const timeline = createTimeline(1_000);
  let offset = 0;
  const inbox = createInbox(
    timeline,
    () => timeline.now() + offset,
    async () => undefined,
  );
  const log: string[] = [];
  const note = (what: string) => () => void log.push(`${timeline.now()} ${what}`);
  const run = () => {
    while (timeline.next() !== null) timeline.step();
  };
  return { timeline, inbox, log, note, run, setClock: (by: number) => void (offset += by) };
};

describe('the timeline', () => {
  it('lets things of one moment happen in the order in which they were told, and never goes back', () => {
    const { timeline, log, note, run } = world();
    timeline.at(1_200, note('c'));
    timeline.at(1_100, note('a'));
    timeline.at(1_100, note('b'));
    timeline.at(5, note('now'));
    timeline.at(1_150, note('never'))();
    run();
    expect(log).toEqual(['1000 now', '1100 a', '1100 b', '1200 c']);
  });
});

describe('the event loop of a simulated supervisor', () => {
  it('hears nothing while it stands still, then rings what was due before it reads what arrived', () => {
    const { timeline, inbox, log, note, run } = world();
    inbox.clock.schedule(1_030, note('alarm'));
    timeline.at(1_010, () => inbox.stall(60));
    timeline.at(1_020, () => inbox.deliver(note('beat')));
    timeline.at(1_090, () => inbox.deliver(note('late beat')));
    run();
    expect(log).toEqual(['1070 alarm', '1070 beat', '1090 late beat']);
  });

  it('waits the length that an alarm was set for, whatever is done to the wall clock meanwhile', () => {
    const { timeline, inbox, log, note, run, setClock } = world();
    inbox.clock.schedule(1_500, note('alarm'));
    timeline.at(1_100, () => setClock(3_600_000));
    run();
    expect(log).toEqual(['1500 alarm']);
    expect(inbox.clock.now()).toBe(1_500 + 3_600_000);
  });

  it('never rings or reads anything once its life has ended, not even what was held up', () => {
    const { timeline, inbox, log, note, run } = world();
    inbox.clock.schedule(1_030, note('alarm'));
    timeline.at(1_010, () => inbox.stall(60));
    timeline.at(1_020, () => inbox.deliver(note('beat')));
    timeline.at(1_040, () => inbox.end());
    run();
    expect(log).toEqual([]);
  });

  it('rings no alarm that was cancelled while it was held up', () => {
    const { timeline, inbox, log, note, run } = world();
    const cancel = inbox.clock.schedule(1_030, note('alarm'));
    inbox.stall(100);
    timeline.at(1_050, cancel);
    run();
    expect(log).toEqual([]);
  });
});

describe('the network', () => {
  it('carries everything once and at once, unless something is wrong with it', () => {
    const { timeline, log, note, run } = world();
    const network = createNetwork(timeline, seededDice(1));
    for (let beat = 0; beat < 100; beat += 1) network.carry('a', note('beat'));
    expect(log.length).toBe(100);
    network.lose('a', 1_000, 0.5);
    for (let beat = 0; beat < 100; beat += 1) network.carry('a', note('beat'));
    for (let beat = 0; beat < 10; beat += 1) network.carry('b', note('other'));
    expect(log.filter((line) => line.endsWith('other')).length).toBe(10);
    expect(network.counts.lost).toBeGreaterThan(20);
    expect(network.counts.lost).toBeLessThan(80);
    network.calm();
    network.double(null, 1_000);
    network.delay(null, 1_000, 500);
    log.length = 0;
    for (let beat = 0; beat < 50; beat += 1) network.carry('a', note(String(beat)));
    run();
    expect(log.length).toBe(100);
    const order = log.map((line) => line.split(' ')[1]);
    expect(order).not.toEqual(order.toSorted((a, b) => Number(a) - Number(b)));
  });
});

describe('windows', () => {
  it('are for one or for all, and the latest one counts', () => {
    let now = 0;
    const windows = createWindows<string>(() => now);
    windows.open(null, 100, 'everybody');
    windows.open('a', 50, 'a');
    expect([windows.of('a'), windows.of('b')]).toEqual(['a', 'everybody']);
    now = 60;
    expect(windows.of('a')).toBe('everybody');
    now = 100;
    expect(windows.of('a')).toBeNull();
    windows.open('a', 50, 'again');
    windows.closeAll();
    expect(windows.of('a')).toBeNull();
  });
});
