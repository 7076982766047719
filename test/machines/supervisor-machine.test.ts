import { describe, expect, it } from 'vitest';
import { isMassSilence } from '../../machines/supervisor/silence.ts';
import { supervisorMachine } from '../../machines/supervisor/supervisor.machine.ts';
import { walk } from '../../machines/walk.ts';

const begin = () => walk(supervisorMachine, { input: undefined });
const started = { type: 'supervisor.started', at: 0, until: 180 };
const heldUp = { type: 'supervisor.heldUp', at: 100, until: 280, lateMs: 60_000 };
const passed = (at: number) => ({ type: 'deadline.passed', at });
const silence = (silent: number, listening: number, at = 10) => ({
  type: 'silence.observed',
  at,
  until: at + 600,
  silent,
  listening,
});
const holdOf = ({ snapshot }: ReturnType<typeof begin>) => snapshot.context.hold;

describe('a supervisor', () => {
  it('judges silence from the first moment, and says what kept it from that afterwards', () => {
    const path = begin();
    expect([path.state, path.snapshot.hasTag('judges')]).toEqual(['listening.steady', true]);
    path.take(started);
    expect(path.state).toBe('listening.deaf');
    expect(holdOf(path)).toEqual({ since: 0, until: 180, reason: expect.stringContaining('just started') });
    path.take(passed(180));
    expect(path.state).toBe('listening.steady');
    expect(holdOf(path)).toMatchObject({ until: 180 });
  });

  it.each([
    ['it has just started', [started]],
    ['it holds a mass silence', [silence(5, 5)]],
    ['it concedes one', [silence(5, 5), passed(610)]],
  ])('gives everybody a whole lease when it was held up while %s', (_, before) => {
    const path = begin();
    for (const event of before) path.take(event);
    path.take(heldUp);
    expect(path.state).toBe('listening.late');
    expect(holdOf(path)).toMatchObject({ until: 280, reason: expect.stringContaining('by 60 s') });
  });

  it('goes on from where the hold before began', () => {
    const path = begin();
    path.take(started);
    path.take(heldUp);
    expect(holdOf(path)).toMatchObject({ since: 0, until: 280 });
    path.take(passed(280));
    path.take(silence(5, 5, 400));
    expect(holdOf(path)).toMatchObject({ since: 400, until: 1_000 });
  });

  it('judges nobody while most are silent, and all when that lasts too long', () => {
    const path = begin();
    path.take(silence(5, 8));
    expect([path.state, path.snapshot.hasTag('judges')]).toEqual(['holding', false]);
    path.take(silence(8, 8, 20));
    expect(holdOf(path)).toMatchObject({ until: 610 });
    path.take(passed(610));
    expect([path.state, path.snapshot.hasTag('judges')]).toEqual(['conceding', true]);
    path.take(silence(8, 8, 620));
    expect(path.state).toBe('conceding');
    path.take(silence(2, 8, 630));
    expect(path.state).toBe('listening.steady');
  });

  it('judges as ever when enough are heard again, and knows when that was', () => {
    const path = begin();
    path.take(silence(5, 8));
    path.take(silence(4, 8, 60));
    expect(path.state).toBe('listening.steady');
    expect(holdOf(path)).toMatchObject({ since: 10, until: 60 });
  });
});

describe('a mass silence', () => {
  it.each([
    [0, 0, false],
    [1, 1, false],
    [2, 2, false],
    [3, 3, true],
    [3, 6, false],
    [11, 20, true],
    [549, 1_000, false],
    [550, 1_000, true],
  ])('%i of %i: %s', (silent, listening, expected) => {
    expect(isMassSilence({ silent, listening })).toBe(expected);
  });
});
