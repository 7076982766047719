import type { CaughtDefect } from '../defect.ts';

const MACHINE = 'machines/workspace/workspace.machine.ts';
const GATE_PROOF = {
  file: 'test/machines/workspace-machine.test.ts',
  title: 'lets the gate hold back only beats that change nothing',
};

/** What may go wrong with beats, the gate, leases and deadlines. */
export const OF_BEATS_AND_LEASES: readonly CaughtDefect[] = [
  {
    id: 'beat-reenters-online',
    title: 'A healthy beat enters `online` anew, so every beat begins a reconcile.',
    edits: [
      {
        file: MACHINE,
        find: `                actions: { type: 'noteReason', params: ({ event }) => reasons.errorRate(event.errorRate) },
              },
            ],`,
        replace: `                actions: { type: 'noteReason', params: ({ event }) => reasons.errorRate(event.errorRate) },
              },
              { target: 'online', reenter: true },
            ],`,
      },
    ],
    caughtBy: GATE_PROOF,
  },
  {
    id: 'gate-swallows-trouble',
    title: 'The gate takes a wedged agent for a healthy one while it is online.',
    edits: [
      {
        file: 'machines/workspace/beat.ts',
        find: `if (beat === 'failing' || beat === 'wedged') return !tags.has('hears-trouble');`,
        replace: `if (beat === 'failing') return !tags.has('hears-trouble');`,
      },
    ],
    caughtBy: GATE_PROOF,
  },
  {
    id: 'gate-swallows-recovery',
    title: 'The gate holds back the beat that says that a degraded agent has recovered.',
    edits: [
      {
        file: MACHINE,
        find: `tags: ['hears-recovery', 'leased'],`,
        replace: `tags: ['leased'],`,
      },
    ],
    caughtBy: GATE_PROOF,
  },
  {
    id: 'gate-always-open',
    title: 'The gate lets every beat through to the actor.',
    edits: [
      {
        file: 'machines/workspace/beat.ts',
        find: `return !(beat === 'recovered' && tags.has('hears-recovery'));`,
        replace: `return !(beat === 'recovered');`,
      },
    ],
    caughtBy: {
      file: 'test/machines/workspace-machine.test.ts',
      title: 'holds back every healthy beat of a workspace that is online',
    },
  },
  {
    id: 'gate-of-earlier-policy',
    title: 'The gate goes on judging beats by the policy that was in force before a change of the spec.',
    edits: [
      {
        file: 'src/supervisor/gate.ts',
        find: `    degradedAt,
    recoveredBelow,
    ...tags,`,
        replace: `    ...tags,`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/beats.test.ts',
      title: 'is judged by the policy that is in force when it comes',
    },
  },
  {
    id: 'stale-incarnation-accepted',
    title: 'A beat of the incarnation before the present one counts.',
    edits: [
      {
        file: 'src/supervisor/agents.ts',
        find: `incarnation < current) {`,
        replace: `incarnation < current - 1) {`,
      },
    ],
    caughtBy: {
      file: 'test/system/beats.test.ts',
      title: 'is refused with 409 from an earlier incarnation, and changes nothing',
    },
  },
  {
    id: 'ended-incarnation-revived',
    title: 'A late beat of a process that has ended brings its workspace online.',
    edits: [
      {
        file: MACHINE,
        find: `!context.owned || context.incarnation > context.endedIncarnation,`,
        replace: `!context.owned || context.incarnation >= context.endedIncarnation,`,
      },
    ],
    caughtBy: {
      file: 'test/system/beats.test.ts',
      title: 'does not bring an agent online whose process has ended',
    },
  },
  {
    id: 'exit-of-earlier-incarnation',
    title: 'The late news that an earlier process has ended brings the present one down.',
    edits: [
      {
        file: MACHINE,
        find: `event.type === 'instance.exited' && event.incarnation === context.incarnation,`,
        replace: `event.type === 'instance.exited' && event.incarnation <= context.incarnation,`,
      },
    ],
    caughtBy: {
      file: 'test/machines/crashes.test.ts',
      title: 'that an earlier incarnation was brings nothing down',
    },
  },
  {
    id: 'lease-renewed-in-rest',
    title: 'A beat of a paused agent renews its lease.',
    edits: [
      {
        file: 'src/supervisor/agents.ts',
        find: `if (gate.renewsLease) leases.renew(entry, beat);`,
        replace: `leases.renew(entry, beat);`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/beats.test.ts',
      title: 'of a paused agent is answered, and nothing of it is taken note of',
    },
  },
  {
    id: 'removed-answers-beats',
    title: 'A workspace that is being removed answers beats as if nothing were.',
    edits: [
      {
        file: 'src/supervisor/agents.ts',
        find: `  if (gate.status === 'removed') throw new KeepwellError('WORKSPACE_REMOVED');
`,
        replace: ``,
      },
      {
        file: 'src/supervisor/agents.ts',
        find: `const { gate, incarnation: current } = entry;`,
        replace: `const { incarnation: current } = entry;`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/removal.test.ts',
      title: 'is told so from the moment it is asked for, not only when all is gone',
    },
  },
  {
    id: 'removed-enrols-again',
    title: 'The agent of a removed workspace enrols again, and has a new workspace.',
    edits: [
      {
        file: 'src/supervisor/agents.ts',
        find: `    !directory.has(workspaceId) &&
    !store.isRemoved(workspaceId);`,
        replace: `    !directory.has(workspaceId);`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/enrolment.test.ts',
      title: 'makes no new workspace of one that was removed, also after a restart',
    },
  },
  {
    id: 'earlier-deadline-dropped',
    title: 'The scheduler does not look at an alarm that is due before the one it waits for.',
    edits: [
      {
        file: 'src/supervisor/scheduler.ts',
        find: `(timer !== null && timer.at <= next.at)) return;`,
        replace: `timer !== null) return;`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/scheduler.test.ts',
      title: 'rings an alarm in time that is armed after a later one',
    },
  },
  {
    id: 'equal-moment-lost',
    title: 'Of two alarms that are due at the same moment only one rings.',
    edits: [
      {
        file: 'src/supervisor/scheduler.ts',
        find: `      queue.push({ at, alarm });
      wind();`,
        replace: `      if (timer?.at === at) return;
      queue.push({ at, alarm });
      wind();`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/scheduler.test.ts',
      title: 'rings what is armed and nothing else, whatever the order of arming and disarming',
    },
  },
  {
    id: 'moved-alarm-rings-early',
    title: 'An alarm that was put off rings at its first moment.',
    edits: [
      {
        file: 'src/supervisor/scheduler.ts',
        find: `if (next.alarm.at !== next.at) continue;`,
        replace: `if (next.alarm.at === null) continue;`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/scheduler.test.ts',
      title: 'rings an alarm that was put off at its last moment, and not before',
    },
  },
  {
    id: 'stall-taken-for-silence',
    title: 'After the event loop stood still every agent is called silent.',
    edits: [
      {
        file: 'src/supervisor/supervisor.ts',
        find: `      for (const entry of directory.all()) leases.extend(entry);
`,
        replace: ``,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/leases.test.ts',
      title: 'says so once, however much was due in the meantime',
    },
  },
  {
    id: 'hold-shortens-quiet',
    title: 'The hold of a mass silence takes back the longer quiet time that an agent asked for.',
    edits: [
      {
        file: 'src/supervisor/leases.ts',
        find: `entry.presence.leaseExpiresAt = Math.max(entry.presence.leaseExpiresAt ?? 0, end);`,
        replace: `entry.presence.leaseExpiresAt = end;`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/leases.test.ts',
      title: 'is longer than the hold that a mass silence begins, where its agent asked for that',
    },
  },
  {
    id: 'quiet-without-end',
    title: 'An agent may ask for any length of quiet, and is then never missed.',
    edits: [
      {
        file: 'src/supervisor/leases.ts',
        find: `const LONGEST_QUIET_MS: DurationMs = 15 * 60_000;`,
        replace: `const LONGEST_QUIET_MS: DurationMs = 15_000 * 60_000;`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/beats.test.ts',
      title: 'may ask for quiet, for fifteen minutes and no more',
    },
  },
];
