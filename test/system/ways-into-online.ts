/** For every way into online a path that takes it, and the policy with which its deadlines come when they are waited for. */
import type { Path, Step } from '../../src/testing/paths/types.ts';
import { drivenPaths, type Follows, WAYS_INTO_ONLINE } from './driven-paths.ts';

/** `path` ends with the step that takes the way. */
export type Way = { id: string; path: Path };

/** What is waited for by moving the clock, for all workspaces. */
const MOVES_CLOCK = new Set(['deadline.passed', 'lease.expired', 'plugins.outdated', 'operator.dismissed']);
export const movesClock = ({ event }: Step): boolean => MOVES_CLOCK.has(event.type);

/** An agent beats only while it runs, and a reconcile is not kept waiting until it is given up. */
export const follows: Follows = ({ type, title }) =>
  title !== 'its start fails' && title !== 'reconcileBy passes' && type !== 'operator.dismissed';

const stillFollows: Follows = (one) => follows(one) && !MOVES_CLOCK.has(one.type);

/** The shortest ones, and those that need no time to pass where there are such. */
export const waysIntoOnline = (): Way[] => {
  const to = ['wanted.online.reconciling'];
  const found = new Map<string, Path>();
  for (const isFollowed of [stillFollows, follows]) {
    const nearest = new Map<string, Path>();
    for (const path of drivenPaths({ strategy: 'transitions', to }, isFollowed))
      for (const [index, { edges }] of path.steps.entries())
        for (const id of edges.filter((edge) => WAYS_INTO_ONLINE.includes(edge))) {
          const steps = path.steps.slice(0, index + 1);
          if ((nearest.get(id)?.steps.length ?? Infinity) > steps.length)
            nearest.set(id, { ...path, steps, to: to[0] as string });
        }
    for (const [id, path] of nearest) if (!found.has(id)) found.set(id, path);
  }
  return [...found].map(([id, path]) => ({ id, path }));
};

const LONG = '20d';
/** An agent that was silent for so long is offline. The next one falls silent long before this one does so again. */
const SILENCES = ['90m', '30m'];

/** Nothing comes to pass but what the path waits for. */
export const createPolicies = () => {
  let silent = 0;
  return ({ steps }: Path): Record<string, string | number> => {
    const waitsFor = (what: string) => steps.some(({ event }) => [event.type, event.deadline].includes(what));
    const isSilent = waitsFor('lease.expired');
    const silence = isSilent ? SILENCES[silent] : LONG;
    if (silence === undefined) throw new Error('more ways than expected lead through silence');
    silent += isSilent ? 1 : 0;
    return {
      offline_after: silence,
      provision_within: waitsFor('provisionBy') ? '1m' : LONG,
      reconcile_within: LONG,
      resync_every: waitsFor('resyncAt') ? '1m' : LONG,
      resync_jitter: '0s',
      restart_budget: 1,
      restart_backoff: LONG,
      restart_backoff_max: LONG,
      plugin_restart_budget: 1,
      plugin_tries: 1,
      plugin_retry_slow: waitsFor('retryAt') ? '1m' : '20m',
      plugin_probation: '0s',
      stop_grace: '5s',
    };
  };
};
