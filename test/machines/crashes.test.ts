import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../machines/time.ts';
import { walk } from '../../machines/walk.ts';
import { DEFAULT_POLICY } from '../../machines/workspace/policy.ts';
import type { WorkspaceContext } from '../../machines/workspace/types.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';

/** A workspace of ours, led through its life; time passes when the test says so. */
const openLife = () => {
  let now = 0;
  const stamp = () => ({ at: now, roll: 0.5 });
  const machine = walk(workspaceMachine, {
    input: { workspaceId: 'w', owned: true, policy: DEFAULT_POLICY, generation: 1, ...stamp() },
  });
  const context = () => machine.snapshot.context as WorkspaceContext;
  const take = (type: string, facts: object = {}) => machine.take({ type, ...stamp(), ...facts });
  const done = (actor: string, output: object) =>
    take(`xstate.done.actor.${actor}`, { output: { ...output, ...stamp() } });
  const life = {
    context,
    take,
    get state() {
      return machine.state;
    },
    pass: (ms: number) => (now += ms),
    beat: () => take('heartbeat.received', { beat: 'recovered', errorRate: 0 }),
    settle: () =>
      done('reconcile', {
        changed: [],
        failed: [],
        error: null,
        restartNeeded: false,
        generation: 0,
        installed: 0,
      }),
    exit: (incarnation = context().incarnation) =>
      take('instance.exited', { incarnation, code: 1, signal: null }),
    stopped: () => done('stop', { kind: 'stopped', pluginGeneration: null }),
    stopFails: (actor: string) => done(actor, { kind: 'failed', message: 'The driver did not answer.' }),
    passDeadline: () => {
      const { deadline } = context();
      now = deadline?.at ?? now;
      take('deadline.passed', { deadline: deadline?.name });
    },
    /** Down, up again, and online. */
    crash: () => {
      life.exit();
      life.passDeadline();
      life.stopped();
      life.beat();
      life.settle();
    },
  };
  life.beat();
  life.settle();
  return life;
};

describe('what is remembered of crashes', () => {
  it('adds up while they come soon after one another', () => {
    const life = openLife();
    for (let crashes = 1; crashes <= 3; crashes += 1) {
      life.pass(MINUTE);
      life.crash();
      expect(life.context().crashedAt).toHaveLength(crashes);
    }
  });

  it('is forgotten after ten minutes online, though plugins were looked at meanwhile', () => {
    const life = openLife();
    life.crash();
    life.crash();
    for (let looks = 0; looks < 4; looks += 1) {
      life.passDeadline();
      life.settle();
    }
    life.pass(2 * MINUTE);
    life.exit();
    expect(life.context()).toMatchObject({ status: 'offline', crashedAt: [expect.any(Number)] });
  });

  it.each(['operator.restarted', 'operator.retried'])(
    'is forgotten with %s, which counts for none',
    (type) => {
      const life = openLife();
      life.crash();
      life.exit();
      expect(life.context().crashedAt).toHaveLength(2);
      life.take(type);
      expect(life.state).toBe('wanted.restarting');
      expect(life.context().crashedAt).toEqual([]);
    },
  );

  it('is forgotten when an operator restarts an agent that is online, which counts for none', () => {
    const life = openLife();
    life.crash();
    life.take('operator.restarted');
    expect(life.state).toBe('wanted.restarting');
    expect(life.context().crashedAt).toEqual([]);
  });
});

describe('the end of a process', () => {
  it('that an earlier incarnation was brings nothing down', () => {
    const life = openLife();
    life.crash();
    expect(life.context().incarnation).toBe(2);
    life.exit(1);
    expect(life.context()).toMatchObject({ status: 'online', crashedAt: [expect.any(Number)] });
    life.exit(2);
    expect(life.context().status).toBe('offline');
  });
});

describe('a wait that the supervisor was away in', () => {
  it('before a restart ends when it would have ended', () => {
    const life = openLife();
    life.exit();
    const { deadline } = life.context();
    expect(deadline).toEqual({ name: 'restartAt', at: 10 * SECOND });
    life.pass(9 * SECOND);
    life.take('supervisor.resumed', { policy: DEFAULT_POLICY });
    expect(life.context().deadline).toEqual(deadline);
  });

  it('for a first beat ends when it would have ended, but leaves the agent a lease to be heard', () => {
    const life = openLife();
    life.take('operator.restarted');
    life.stopped();
    const { deadline } = life.context();
    expect(deadline?.name).toBe('provisionBy');
    life.pass(MINUTE);
    life.take('supervisor.resumed', { policy: DEFAULT_POLICY });
    expect(life.context().deadline).toEqual(deadline);
    life.pass(10.5 * MINUTE);
    life.take('supervisor.resumed', { policy: DEFAULT_POLICY });
    expect(life.context().deadline?.at).toBe(11.5 * MINUTE + DEFAULT_POLICY.offlineAfterMs);
  });
});

describe('a stop that fails', () => {
  it.each([
    ['operator.paused', 'resting.pausing', 'stop'],
    ['operator.hibernated', 'resting.hibernating', 'stop'],
    ['operator.restarted', 'wanted.restarting', 'stop'],
    ['operator.removed', 'removing', 'destroy'],
  ])('after %s leaves it %s, says so, and is tried again', (type, state, actor) => {
    const life = openLife();
    life.take(type, { purge: false });
    life.pass(SECOND);
    life.stopFails(actor);
    expect(life.state).toBe(state);
    expect(life.context()).toMatchObject({
      reason: { code: 'stop-failed' },
      deadline: { name: 'stopBy', at: 11 * SECOND },
    });
    life.passDeadline();
    expect(life.state).toBe(state);
  });
});
