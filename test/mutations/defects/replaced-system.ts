import type { CaughtDefect } from '../defect.ts';

const MACHINE = 'machines/workspace/workspace.machine.ts';

/** What went wrong in the system that Keepwell replaces, planted in Keepwell. */
export const OF_THE_REPLACED_SYSTEM: readonly CaughtDefect[] = [
  {
    id: 'reconcile-at-one-site',
    title: 'The first beat brings an agent online without a reconcile; only a register begins one.',
    history: 'The founding bug: reconcile was hooked to one of several places that set the status.',
    edits: [
      {
        file: MACHINE,
        find: `'heartbeat.received': { target: 'online' },
            'agent.registered': { target: 'online' },
            'deadline.passed': [`,
        replace: `'heartbeat.received': { target: 'online.converged' },
            'agent.registered': { target: 'online' },
            'deadline.passed': [`,
      },
    ],
    caughtBy: {
      file: 'test/machines/workspace-machine.test.ts',
      title: 'enters online at its beginning, never in its middle',
    },
  },
  {
    id: 'recovery-without-reconcile',
    title: 'An agent that recovers from being degraded is online without a reconcile.',
    history:
      'The founding bug once more: the second handler that could set `online` knew nothing of plugins.',
    edits: [
      {
        file: MACHINE,
        find: `'heartbeat.received': { guard: 'hasRecovered', target: 'online' },`,
        replace: `'heartbeat.received': { guard: 'hasRecovered', target: 'online.converged' },`,
      },
    ],
    caughtBy: {
      file: 'test/machines/workspace-machine.test.ts',
      title: 'begins exactly one reconcile with every entry into online, and none anywhere else',
    },
  },
  {
    id: 'status-written-before-read',
    title:
      'An exit writes `offline` before it asks whether the agent had been healthy, so crashes are never forgotten.',
    history: 'The handler updated the status and then read it to find out whether the agent had come online.',
    edits: [
      {
        file: MACHINE,
        find: `actions: ['recordCrash', 'blamePlugins', 'endIncarnation', 'blameExit'],`,
        replace: `actions: [
            { type: 'noteStatus', params: 'offline' },
            'recordCrash',
            'blamePlugins',
            'endIncarnation',
            'blameExit',
          ],`,
      },
    ],
    caughtBy: {
      file: 'test/machines/crashes.test.ts',
      title: 'is forgotten after ten minutes online, though plugins were looked at meanwhile',
    },
  },
  {
    id: 'journal-from-after-the-fact',
    title: 'The journal says of every transition that it began where it ended.',
    history: 'The same order of write and read, one layer up.',
    edits: [
      {
        file: 'src/supervisor/actor-host.ts',
        find: `    const from = entry.snapshot;
    const at = momentOf(event) ?? stamp().at;
    enter(entry, snapshot);`,
        replace: `    const at = momentOf(event) ?? stamp().at;
    enter(entry, snapshot);
    const from = entry.snapshot;`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/journal.test.ts',
      title: 'is one unbroken way from its creation to the state that is stored',
    },
  },
  {
    id: 'restart-dropped-in-debounce',
    title: 'A restart that is asked for while a reconcile is under way is forgotten.',
    history:
      'A restart that came within the debounce of another one was dropped, and the plugin never loaded.',
    edits: [
      {
        file: MACHINE,
        find: `description: 'restarts it as soon as that is possible',
          actions: ['requestRestart', 'resetBudgets'],`,
        replace: `description: 'restarts it as soon as that is possible',
          actions: ['resetBudgets'],`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/restart-requests.test.ts',
      title: 'made while a reconcile hangs is served when the time of the reconcile has passed',
    },
  },
  {
    id: 'secret-dropped-in-debounce',
    title: 'A change of a secret only hastens the next look at the plugins, and restarts nothing.',
    history: 'The debounce of restarts, in the one place where Keepwell has one.',
    edits: [
      {
        file: MACHINE,
        find: `            converged: {
              description: 'What is installed is what was declared.',
              entry: 'armResyncDeadline',
              on: {
                'plugins.reported': [{ guard: 'isUndelivered', target: 'delivering', actions: 'noteReport' }],
                'plugins.outdated': {
                  target: '#workspace.wanted.online',
                  reenter: true,
                  actions: 'followReferences',
                },
                'secrets.changed': { guard: 'isOwned', actions: ['requestRestart', 'hastenDeadline'] },`,
        replace: `            converged: {
              description: 'What is installed is what was declared.',
              entry: 'armResyncDeadline',
              on: {
                'plugins.reported': [{ guard: 'isUndelivered', target: 'delivering', actions: 'noteReport' }],
                'plugins.outdated': {
                  target: '#workspace.wanted.online',
                  reenter: true,
                  actions: 'followReferences',
                },
                'secrets.changed': { guard: 'isOwned', actions: ['hastenDeadline'] },`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/secrets.test.ts',
      title: 'cost one restart when several change in a row, and none when nothing does',
    },
  },
  {
    id: 'lost-wake-up',
    title: 'A restart that is asked for between a start and its first beat is taken for served.',
    history:
      'A request that came at the end of a restart cycle was cleared together with the one that was served.',
    edits: [
      {
        file: MACHINE,
        find: `reconcile: { run: context.reconcile.run + 1, outcome: 'running' as const },`,
        replace: `reconcile: { run: context.reconcile.run + 1, outcome: 'running' as const },
      restart: { ...context.restart, served: context.restart.wanted },`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/restart-requests.test.ts',
      title: 'made after a start and before its first beat is honoured by one more cycle',
    },
  },
  {
    id: 'liveness-armed-by-register',
    title: 'The lease of an agent that only ever beat, and never registered, is not watched.',
    history: 'The sweep of silent agents only saw those that had a row from a register.',
    edits: [
      {
        file: 'src/supervisor/leases.ts',
        find: `if (!entry.snapshot.hasTag('leased')) scheduler.disarm(entry.lease);`,
        replace: `if (!entry.snapshot.hasTag('leased') || entry.agentCard === null) scheduler.disarm(entry.lease);`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/leases.test.ts',
      title: 'is shortened by a shorter beat after a quiet one: the agent is offline in time',
    },
  },
  {
    id: 'deadline-moved-by-any-write',
    title: 'Whatever is written about an agent that is awaited gives it its whole time to start once more.',
    history: 'The provision timeout was measured on `updated_at`, which every write moved.',
    edits: [
      {
        file: 'src/supervisor/supervisor.ts',
        find: `else scheduler.arm(entry.deadline, deadline.at);`,
        replace: `else {
      const { provisionWithinMs } = entry.snapshot.context.policy;
      const isMoved = deadline.name === 'provisionBy';
      scheduler.arm(entry.deadline, isMoved ? now() + provisionWithinMs : deadline.at);
    }`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/restart-requests.test.ts',
      title: 'made while the agent is awaited is served when its time to come online has passed',
    },
  },
  {
    id: 'since-moved-by-any-write',
    title:
      'An agent whose plugins are looked at now and then is never online for long, so its crashes are never forgotten.',
    history: '`since` is the other column that any write could move: it says when a status began.',
    edits: [
      {
        file: MACHINE,
        find: `      if (context.status === status) return {};
      const { at }`,
        replace: `      const { at }`,
      },
    ],
    caughtBy: {
      file: 'test/machines/crashes.test.ts',
      title: 'is forgotten after ten minutes online, though plugins were looked at meanwhile',
    },
  },
  {
    id: 'delete-overwritten',
    title: 'A late write of its spec brings a removed workspace back.',
    history: 'A heartbeat that had been read before a delete wrote the row back after it.',
    edits: [
      {
        file: 'src/store/workspaces.ts',
        find: `'UPDATE workspaces SET name = ?, spec = ?, generation = ? WHERE workspace_id = ?',`,
        replace: `'UPDATE workspaces SET name = ?, spec = ?, generation = ?, removed_at = NULL WHERE workspace_id = ?',`,
      },
    ],
    caughtBy: {
      file: 'test/store/removal.test.ts',
      title: 'takes further notes, but gets back neither token nor presence nor life',
    },
  },
  {
    id: 'presence-after-delete',
    title: 'What a beat told about a workspace is written although it was removed meanwhile.',
    history: 'The same late write, in the table that beats fill.',
    edits: [
      {
        file: 'src/store/presences.ts',
        find: `FROM workspaces WHERE workspace_id = :workspaceId AND removed_at IS NULL`,
        replace: `FROM workspaces WHERE workspace_id = :workspaceId`,
      },
    ],
    caughtBy: {
      file: 'test/store/removal.test.ts',
      title: 'takes further notes, but gets back neither token nor presence nor life',
    },
  },
  {
    id: 'declared-after-dispatch',
    title: 'A workspace is created and started without its plugins, which are declared in a second write.',
    history: 'A crash, or a quick first beat, between the two left a workspace that had declared nothing.',
    edits: [
      {
        file: 'src/supervisor/operators.ts',
        find: `spec: { spec, generation: 1 },
      createdAt: input.at,
      snapshot`,
        replace: `spec: { spec: { ...spec, plugins: [] }, generation: 1 },
      createdAt: input.at,
      snapshot`,
      },
      {
        file: 'src/supervisor/operators.ts',
        find: `    host.begin(entry);
    core.watch(entry);`,
        replace: `    host.begin(entry);
    core.watch(entry);
    await store.commit({ workspaceId: id, spec: { spec, generation: 1 } });`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/creation.test.ts',
      title: 'is on disk with its plugins, in one write, before anything is started',
    },
  },
  {
    id: 'dispatch-before-commit',
    title: 'A new workspace is started before anything of it is on disk.',
    history: 'The instance ran, the write failed, and nobody knew of the instance.',
    edits: [
      {
        file: 'src/supervisor/operators.ts',
        find: `    await store.create({`,
        replace: `    directory.add(entry);
    host.begin(entry);
    await store.create({`,
      },
      {
        file: 'src/supervisor/operators.ts',
        find: `    directory.add(entry);
    keeper.apply(sealed);
    if (token !== null) tokens.add(token);
    host.begin(entry);
`,
        replace: `    keeper.apply(sealed);
    if (token !== null) tokens.add(token);
`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/creation.test.ts',
      title: 'that the disk had no room for was never there, and nothing of it was started',
    },
  },
  {
    id: 'restart-per-plugin',
    title: 'Plugins are installed one at a time, each with a restart of its own.',
    history: 'Three declared plugins cost three restarts, and the third was dropped by the debounce.',
    edits: [
      {
        file: 'src/reconcile/fetch-missing.ts',
        find: `const missing = plan.filter(({ action }) => action === 'add' || action === 'update');`,
        replace: `const missing = plan.filter(({ action }) => action === 'add' || action === 'update').slice(0, 1);`,
      },
    ],
    caughtBy: { file: 'test/supervisor/creation.test.ts', title: 'gets all its plugins with one restart' },
  },
  {
    id: 'row-trusted-over-disk',
    title: 'A plugin counts as installed because it was written down so, whatever is on the disk.',
    history:
      'The `installed` row outlived the files: a rebuilt container had no plugins, and nobody noticed.',
    edits: [
      {
        file: 'src/plugins/sets/plugin-sets.ts',
        find: `plugins.push({ ...plugin, actualHash: await hashInSet(paths, generation, plugin.name) });`,
        replace: `plugins.push({ ...plugin, actualHash: plugin.treeHash });`,
      },
    ],
    caughtBy: { file: 'test/plugins/sets.test.ts', title: 'notice every change of their bytes' },
  },
];
