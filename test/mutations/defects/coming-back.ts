import type { CaughtDefect } from '../defect.ts';

const MACHINE = 'machines/workspace/workspace.machine.ts';

/** What may go wrong when the supervisor comes back. */
export const OF_COMING_BACK: readonly CaughtDefect[] = [
  {
    id: 'deep-history',
    title: 'A supervisor that comes back puts a converged workspace where it was, without a reconcile.',
    history: 'Deep history looks like the thorough way to resume.',
    edits: [
      {
        file: MACHINE,
        find: `          history: 'shallow',
          target: 'starting',`,
        replace: `          history: 'deep',
          target: 'starting',`,
      },
    ],
    caughtBy: {
      file: 'test/machines/workspace-machine.test.ts',
      title: 'begins exactly one reconcile with every entry into online, and none anywhere else',
    },
  },
  {
    id: 'children-restored',
    title: 'A reconcile that was under way is brought back, beside the one that the return begins.',
    history: 'XState persists children; restoring them starts what they did a second time.',
    edits: [
      {
        file: 'src/supervisor/restore.ts',
        find: `  const snapshot = { status: 'active', value, context, historyValue: {}, children: {} };`,
        replace: `  const isReconciling = JSON.stringify(value).includes('reconciling');
  const input = { workspaceId: context.workspaceId, knownGeneration: 0, refresh: null, at: 0, roll: 0 };
  const reconcile = { src: 'reconcile', snapshot: createActor(logic.implementations.actors['reconcile'] as never, { input } as never).getPersistedSnapshot(), syncSnapshot: false };
  const snapshot = { status: 'active', value, context, historyValue: {}, children: isReconciling ? { reconcile } : {} };`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/boot.test.ts',
      title: 'begins what was under way once, and not beside what it was',
    },
  },
  {
    id: 'no-resume',
    title: 'A supervisor that comes back tells no workspace so: what was under way stays undone.',
    edits: [
      {
        file: 'src/supervisor/boot.ts',
        find: `  host.resume(entry).catch((error: unknown) => {
    log.warn({ err: error, workspace: entry.id }, 'a workspace could not be resumed yet');
  });`,
        replace: ``,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/boot.test.ts',
      title: 'looks at the plugins of a workspace that was converged, once',
    },
  },
  {
    id: 'boot-grace-forgotten',
    title: 'Leases that ended while the supervisor was away are taken for silence.',
    edits: [
      {
        file: 'src/supervisor/boot.ts',
        find: `  for (const entry of entries) leases.extend(entry, Math.round(roll() * leases.intervalMs()));`,
        replace: ``,
      },
      {
        file: 'src/supervisor/boot.ts',
        find: `  // By the policy in force now, which may give it longer.
  leases.extend(entry);`,
        replace: ``,
      },
      {
        file: 'src/supervisor/leases.ts',
        find: `if ((entry.presence.leaseExpiresAt ?? 0) <= now()) extend(entry);`,
        replace: `entry.presence.leaseExpiresAt ??= now();`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/leases.test.ts',
      title: 'goes by the default that is in force, from the first moment after a restart',
    },
  },
  {
    id: 'driver-error-is-exit',
    title: 'A driver that cannot tell what runs is taken for an exit of every agent.',
    edits: [
      {
        file: 'src/supervisor/boot.ts',
        find: `    // Only a definite "not running" counts: the lease decides about this one.
`,
        replace: `    const { incarnation } = entry.snapshot.context;
    host.send(entry, { type: 'instance.exited', incarnation, code: null, signal: null }).catch(() => undefined);
`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/boot.test.ts',
      title: 'leaves agents alone while nobody can tell whether they run',
    },
  },
  {
    id: 'process-look-error-is-exit',
    title: 'When the machine cannot be looked at, every adopted process is called ended.',
    edits: [
      {
        file: 'src/runtimes/watch-instances.ts',
        find: `      // Not being able to look is no exit.
`,
        replace: `      for (const running of held.values()) end(running);
`,
      },
    ],
    caughtBy: { file: 'test/runtimes/process-identity.test.ts', title: 'nothing is called ended' },
  },
  {
    id: 'quarantined-taken-for-unknown',
    title: 'The sweep at a start reaps the agent of a workspace whose snapshot cannot be read.',
    history: 'What cannot be read must not look like what does not exist.',
    edits: [
      {
        file: 'src/supervisor/supervisor.ts',
        find: `void sweep(runtime, directory.has, log);`,
        replace: `{
        const isKnown = (id: string) =>
          directory.find(id)?.snapshot.context.reason?.code !== 'snapshot-quarantined' && directory.has(id);
        void sweep(runtime, isKnown, log);
      }`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/damaged-snapshots.test.ts',
      title: 'that cannot be read does not make an orphan of its agent, which runs on',
    },
  },
  {
    id: 'unreadable-snapshot-stops-all',
    title: 'One snapshot that cannot be read keeps the whole supervisor from starting.',
    edits: [
      {
        file: 'src/supervisor/boot.ts',
        find: `if (!(error instanceof SnapshotRefused)) throw error;`,
        replace: `if (error instanceof SnapshotRefused) throw error;`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/damaged-snapshots.test.ts',
      title: 'that cannot be read does not make an orphan of its agent, which runs on',
    },
  },
  {
    id: 'switch-unaccounted-for',
    title:
      'Plugins that were switched by a reconcile that was killed are never loaded: nobody asks for the restart.',
    edits: [
      {
        file: 'machines/reconcile/plan.ts',
        find: `const missed = switches.filter(({ generation }) => generation > knownGeneration);`,
        replace: `const missed = switches.filter(({ generation }) => generation > knownGeneration + 1);`,
      },
    ],
    caughtBy: { file: 'test/machines/plan.test.ts', title: 'is accounted for by the next one' },
  },
];
