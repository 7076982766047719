import type { Defect } from '../defect.ts';

const MACHINE = 'machines/workspace/workspace.machine.ts';
const SCHEDULER = 'src/supervisor/scheduler.ts';
const HOST = 'src/supervisor/actor-host.ts';

/** Where a defect is, in the words of the design. */
export type Part = 'scheduler' | 'gate' | 'writer' | 'reconcile';

/**
 * Defects for the simulator alone: each is a slip that reads well, shows only when several things come together, and
 * is in what the simulator really runs.
 */
export const PLANTED: readonly (Defect & { part: Part })[] = [
  {
    id: 'alarm-lost-as-it-rings',
    part: 'scheduler',
    title: 'An alarm that arms itself again while it rings is lost.',
    edits: [
      {
        file: SCHEDULER,
        find: `      next.alarm.at = null;
      rung += 1;
      try {
        next.alarm.ring();
      } catch (error) {
        onFault(error);
      }`,
        replace: `      rung += 1;
      try {
        next.alarm.ring();
      } catch (error) {
        onFault(error);
      }
      next.alarm.at = null;`,
      },
    ],
  },
  {
    id: 'clock-not-wound-after-stale',
    part: 'scheduler',
    title: 'A moment at which nothing rings, for its alarm was moved, is the last one that is waited for.',
    edits: [
      {
        file: SCHEDULER,
        find: `    for (let rung = 0; rung < RINGS_PER_TURN; ) {`,
        replace: `    let rung = 0;
    for (; rung < RINGS_PER_TURN; ) {`,
      },
      {
        file: SCHEDULER,
        find: `        onFault(error);
      }
    }
    wind();`,
        replace: `        onFault(error);
      }
    }
    if (rung > 0) wind();`,
      },
    ],
  },
  {
    id: 'shortened-lease-not-armed',
    part: 'scheduler',
    title: 'A beat after a quiet one shortens the lease, but not the alarm that judges it.',
    edits: [
      {
        file: 'src/supervisor/leases.ts',
        find: `      if (gotShorter && entry.lease.at !== null && entry.lease.at > end) scheduler.arm(entry.lease, end);
`,
        replace: `      void gotShorter;
`,
      },
    ],
  },
  {
    id: 'no-grace-elsewhere',
    part: 'scheduler',
    title:
      'After a start only agents of ours are given a whole lease to be heard; those elsewhere have what was left.',
    edits: [
      {
        file: 'src/supervisor/boot.ts',
        find: `  for (const entry of entries) leases.extend(entry, Math.round(roll() * leases.intervalMs()));`,
        replace: `  for (const entry of entries) {
    if (entry.snapshot.context.owned) leases.extend(entry, Math.round(roll() * leases.intervalMs()));
  }`,
      },
      {
        file: 'src/supervisor/boot.ts',
        find: `  // By the policy in force now, which may give it longer.
  leases.extend(entry);`,
        replace: `  if (entry.snapshot.context.owned) leases.extend(entry);`,
      },
    ],
  },
  {
    id: 'class-remembered-through-silence',
    part: 'gate',
    title:
      'The gate lets only another class of beat through, and remembers the class while the agent was silent.',
    edits: [
      {
        file: 'src/supervisor/agents.ts',
        find: `      if (renewsLeaseOnly(gate.hearing, beatClass)) return beatReplyOf(entry, leases);`,
        replace: `      const isKnown = said.get(\`\${workspaceId}/\${entry.incarnation}\`) === beatClass;
      said.set(\`\${workspaceId}/\${entry.incarnation}\`, beatClass);
      if (isKnown || renewsLeaseOnly(gate.hearing, beatClass)) return beatReplyOf(entry, leases);`,
      },
      {
        file: 'src/supervisor/agents.ts',
        find: `  /** Agents that are being given their token. */`,
        replace: `  const said = new Map<string, string>();
  /** Agents that are being given their token. */`,
      },
    ],
  },
  {
    id: 'stale-until-heard',
    part: 'gate',
    title: 'A beat of an earlier incarnation counts until the present one has been heard.',
    edits: [
      {
        file: 'src/supervisor/agents.ts',
        find: `incarnation < current) {`,
        replace: `incarnation < Math.min(current, entry.snapshot.context.heardIncarnation)) {`,
      },
    ],
  },
  {
    id: 'change-answered-early',
    part: 'writer',
    title: 'A change of the spec is answered when it is decided, not when it is on disk.',
    edits: [
      {
        file: 'src/supervisor/operators.ts',
        find: `    await committed;
    return viewOf(entry);`,
        replace: `    committed.catch(() => undefined);
    return viewOf(entry);`,
      },
    ],
  },
  {
    id: 'context-stored-late',
    part: 'writer',
    title: 'What changes without the state changing is stored with the next change only.',
    edits: [
      {
        file: HOST,
        find: `      snapshot: storedForm(snapshot),
      journal: [{ ...transitionRow(`,
        replace: `      snapshot: storedForm(from.value === snapshot.value ? from : snapshot),
      journal: [{ ...transitionRow(`,
      },
    ],
  },
  {
    id: 'settled-on-the-generation-before',
    part: 'reconcile',
    title: 'A reconcile that only took plugins away says that the generation before its switch is in force.',
    edits: [
      {
        file: 'machines/reconcile/reconcile.machine.ts',
        find: `      generation: context.staged?.generation ?? context.generation,`,
        replace: `      generation: context.fetched.length === 0 ? context.generation : (context.staged?.generation ?? context.generation),`,
      },
    ],
  },
  {
    id: 'owed-restart-forgotten-when-blocked',
    part: 'reconcile',
    title: 'A restart that is asked for during a reconcile is not given where that leaves a plugin out.',
    edits: [
      {
        file: MACHINE,
        find: `context.owned && (outcome.restartNeeded || isRestartDue(context)),`,
        replace: `context.owned && (outcome.restartNeeded || (isRestartDue(context) && isComplete(outcome))),`,
      },
    ],
  },
  {
    id: 'interrupted-switch-forgotten',
    part: 'reconcile',
    title:
      'The restart for plugins that an interrupted reconcile switched to is asked for only when more is to be done.',
    edits: [
      {
        file: 'machines/reconcile/reconcile.machine.ts',
        find: `      restartNeeded: unaccounted.restartNeeded,`,
        replace: `      restartNeeded: unaccounted.restartNeeded && plan.some(({ action }) => action !== 'keep'),`,
      },
    ],
  },
  {
    id: 'overtaken-start-goes-on',
    part: 'reconcile',
    title: 'A start that was overtaken while it looked at what runs and what can start, starts all the same.',
    edits: [
      {
        file: 'src/supervisor/effects.ts',
        find: `      if (declined !== null) return declined;
      signal.throwIfAborted();
      const token = dice.token();`,
        replace: `      if (declined !== null) return declined;
      const token = dice.token();`,
      },
      {
        file: 'src/supervisor/effects.ts',
        find: `      signal.throwIfAborted();
      onToken(row, forgetBefore);`,
        replace: `      onToken(row, forgetBefore);`,
      },
    ],
  },
];
