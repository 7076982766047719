import type { CaughtDefect } from '../defect.ts';

/** Resting for want of work, and by the clock. */
export const OF_RESTING: readonly CaughtDefect[] = [
  {
    id: 'beats-count-as-work',
    title: 'A beat counts as work, so that nobody who lives is ever idle.',
    edits: [
      {
        file: 'src/supervisor/leases.ts',
        find: `if (beat.activeTasks > 0 || beat.currentTask !== null) entry.lastActiveAt = at;`,
        replace: `entry.lastActiveAt = at;`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/idleness.test.ts',
      title: 'is hibernated when its spec says so, and says since when; waking it starts it once',
    },
  },
  {
    id: 'idle-by-old-knowledge',
    title: 'Who was not heard for a while is taken for idle.',
    edits: [
      {
        file: 'src/supervisor/idleness.ts',
        find: `if (!saysSo(entry)) return scheduler.arm(entry.idleAlarm, soon);`,
        replace: `saysSo(entry);`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/idleness.test.ts',
      title: 'is not hibernated on old knowledge: its last beat has to be fresh',
    },
  },
  {
    id: 'current-task-is-no-work',
    title: 'An agent that names its task, but counts none, is hibernated in the middle of it.',
    edits: [
      {
        file: 'src/supervisor/leases.ts',
        find: `if (beat.activeTasks > 0 || beat.currentTask !== null) entry.lastActiveAt = at;`,
        replace: `if (beat.activeTasks > 0) entry.lastActiveAt = at;`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/idleness.test.ts',
      title: 'is never who names its task',
    },
  },
  {
    id: 'schedule-resumes-everybody',
    title: 'A schedule resumes also who was paused by an operator.',
    edits: [
      {
        file: 'src/supervisor/schedules.ts',
        find: `const isMeant = act === 'pause' ? !hasFailed(entry) : before.pausedAt !== null;`,
        replace: `const isMeant = act === 'pause' ? !hasFailed(entry) : true;`,
      },
      {
        file: 'src/supervisor/schedules.ts',
        find: `if (due?.act === 'resume' && entry.schedule.pausedAt !== null) {`,
        replace: `if (due?.act === 'resume') {`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/schedules.test.ts',
      title: 'never undoes the pause of an operator, made before its moment or while it rested',
    },
  },
  {
    id: 'missed-moments-forgotten',
    title: 'A moment of a schedule that came while the supervisor was away is not made up for.',
    edits: [
      {
        file: 'src/supervisor/supervisor.ts',
        find: `entries.forEach(schedules.settle);`,
        replace: ``,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/schedules.test.ts',
      title: 'resumes after it was away over the resume',
    },
  },
];
