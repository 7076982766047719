import type { CaughtDefect } from '../defect.ts';

const MACHINE = 'machines/workspace/workspace.machine.ts';

/** What may go wrong with restarts, their budgets and their pauses. */
export const OF_RESTARTS: readonly CaughtDefect[] = [
  {
    id: 'manual-restart-counted',
    title: 'A restart by hand counts as a crash.',
    edits: [
      {
        file: MACHINE,
        find: `                'operator.restarted': {
                  description: 'restarts it',
                  guard: 'isOwned',
                  target: '#workspace.wanted.restarting',
                  actions: ['requestRestart', 'resetBudgets'],
                },
              },
            },
            blocked: {`,
        replace: `                'operator.restarted': {
                  description: 'restarts it',
                  guard: 'isOwned',
                  target: '#workspace.wanted.restarting',
                  actions: ['requestRestart', 'recordCrash'],
                },
              },
            },
            blocked: {`,
      },
    ],
    caughtBy: {
      file: 'test/machines/crashes.test.ts',
      title: 'is forgotten when an operator restarts an agent that is online, which counts for none',
    },
  },
  {
    id: 'budget-not-reset',
    title: 'A restart or retry by hand leaves the crashes that were counted before it.',
    edits: [
      {
        file: MACHINE,
        find: `    resetBudgets: assign(({ context }) => ({
      crashedAt: [],`,
        replace: `    resetBudgets: assign(({ context }) => ({`,
      },
    ],
    caughtBy: { file: 'test/machines/crashes.test.ts', title: 'is forgotten with %s, which counts for none' },
  },
  {
    id: 'budget-off-by-one',
    title: 'A workspace is given up one crash early.',
    edits: [
      {
        file: 'machines/workspace/restart-budget.ts',
        find: `crashesWithin(record, at) > record.policy.restartBudget;`,
        replace: `crashesWithin(record, at) >= record.policy.restartBudget;`,
      },
    ],
    caughtBy: {
      file: 'test/machines/arithmetic.test.ts',
      title: 'allows five restarts within thirty minutes',
    },
  },
  {
    id: 'backoff-without-cap',
    title: 'The pause between two tries doubles without end.',
    edits: [
      {
        file: 'machines/workspace/policy.ts',
        find: `Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30));`,
        replace: `Math.max(Math.min(maxMs, firstMs), firstMs * 2 ** Math.min(attempt - 1, 30));`,
      },
    ],
    caughtBy: {
      file: 'test/machines/arithmetic.test.ts',
      title: 'never exceeds its limit, however often something fails',
    },
  },
  {
    id: 'backoff-begins-anew-on-return',
    title: 'Each return of the supervisor begins the pause before a restart once more.',
    edits: [
      {
        file: MACHINE,
        find: `event.type === 'supervisor.resumed' && context.deadline?.name === 'restartAt'`,
        replace: `event.type === 'supervisor.resumed' && context.deadline?.name === 'provisionBy'`,
      },
    ],
    caughtBy: {
      file: 'test/machines/crashes.test.ts',
      title: 'before a restart ends when it would have ended',
    },
  },
  {
    id: 'decline-after-stop',
    title: 'Whether the successor can start is asked when the running instance is already stopped.',
    edits: [
      {
        file: 'src/supervisor/effects.ts',
        find: `      const declined = checkSuccessor ? await declinedSuccessor(entry) : null;
      if (declined !== null) return declined;
      // The state may have been left meanwhile, and what runs now be wanted.
      signal.throwIfAborted();
      await runtime.stop(workspaceId, graceMs);`,
        replace: `      signal.throwIfAborted();
      await runtime.stop(workspaceId, graceMs);
      const declined = checkSuccessor ? await declinedSuccessor(entry) : null;
      if (declined !== null) return declined;`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/restart-requests.test.ts',
      title: 'leaves an agent that was heard online, also after the supervisor was restarted',
    },
  },
  {
    id: 'declined-restart-forgotten',
    title: 'A restart that was declined stays due, and is tried without end.',
    edits: [
      {
        file: 'machines/workspace/restart-budget.ts',
        find: `restart.wanted > Math.max(restart.served, restart.decline?.wanted ?? 0);`,
        replace: `restart.wanted > restart.served;`,
      },
    ],
    caughtBy: { file: 'test/machines/arithmetic.test.ts', title: 'is due until it is served or declined' },
  },
  {
    id: 'failed-stop-taken-for-stopped',
    title: 'A pause whose stop failed is shown as paused while the agent runs on.',
    edits: [
      {
        file: MACHINE,
        find: `                target: 'paused',
                actions: ['endIncarnation', { type: 'noteLoaded', params: ({ event }) => event.output }],
              },
              { actions: [`,
        replace: `                target: 'paused',
                actions: ['endIncarnation', { type: 'noteLoaded', params: ({ event }) => event.output }],
              },
              { target: 'paused', actions: [`,
      },
    ],
    caughtBy: {
      file: 'test/machines/crashes.test.ts',
      title: 'after %s leaves it %s, says so, and is tried again',
    },
  },
  {
    id: 'plugin-loop-never-broken',
    title: 'Plugins that make their agent crash are never rolled back.',
    edits: [
      {
        file: 'machines/workspace/probation.ts',
        find: `pluginRestartsWithin(context, at).length > context.policy.pluginRestartBudget);`,
        replace: `pluginRestartsWithin(context, at).length > 2 * context.policy.restartBudget);`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/bad-plugins.test.ts',
      title:
        'that is added to a good set is rolled back and quarantined, and the agent goes on with the others',
    },
  },
];
