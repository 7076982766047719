import type { GivenCase, WorldOptions } from './types.ts';

const AT = 1_000_000;
const UNTIL = AT + 180_000;

const observed = (name: string, title: string, silent: number): GivenCase => ({
  event: { at: AT, until: UNTIL, silent, listening: 9 },
  title,
  name: `silence.observed{${name}}`,
});

/** What `generatePaths` needs to know of the supervisor. */
export const SUPERVISOR_WORLD: WorldOptions = {
  cases: {
    'supervisor.started': [{ event: { at: AT, until: UNTIL }, title: 'it is started' }],
    'supervisor.heldUp': [{ event: { at: AT, until: UNTIL, lateMs: 60_000 }, title: 'it is held up' }],
    'silence.observed': [
      observed('most', 'most of the fleet is silent', 5),
      observed('few', 'few are silent', 4),
    ],
    'deadline.passed': [{ event: { at: UNTIL }, title: 'the time for it passes' }],
  },
};
