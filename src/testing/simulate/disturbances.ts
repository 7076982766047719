import type { DurationMs, EpochMs } from '../../../machines/time.ts';
import type { SeededDice } from './dice.ts';
import { createWindows } from './windows.ts';

/** Where a driver that fails does so: before it did anything, or when it is done. */
export type DriverTrouble = { done: boolean };
/** `byMs` beyond every patience: no answer at all. */
export type SourceTrouble = { fails: boolean; byMs: DurationMs };

/** What a fetch waits for at most, as the real one does. */
const FETCH_WITHIN_MS: DurationMs = 5 * 60_000;
/** What hands take of their own. Many at a time would make a large world slow, and nothing new of it. */
const USUAL_MS: Record<string, DurationMs> = { 'runtime.start': 1_500, 'plugins.fetch': 800 };
const THOROUGH_MS: Record<string, DurationMs> = {
  ...USUAL_MS,
  'runtime.find': 200,
  'runtime.check': 200,
  'runtime.stop': 400,
  'runtime.begun': 400,
  'runtime.exit': 100,
  'plugins.resolve': 800,
  'plugins.verify': 100,
  'sets.look': 200,
  'sets.build': 100,
  'sets.switch': 100,
  'sets.switched': 100,
  'sets.restore': 200,
  'store.commit': 20,
  'store.committed': 5,
};
/** So often a boundary takes any time at all. */
const SLOW_SHARE = 0.35;

const BEFORE = /^runtime\.(find|check|start|stop|destroy|sweep)$/;
const DONE = /^runtime\.(begun|stopped)$/;

type Options = { now: () => EpochMs; dice: SeededDice; thorough: boolean };

/** What is otherwise than usual with the hands, and what that does at each of their boundaries. */
export const createDisturbances = ({ now, dice, thorough }: Options) => {
  const drivers = createWindows<DriverTrouble>(now);
  const slowDrivers = createWindows<{ byMs: DurationMs }>(now);
  const sources = createWindows<SourceTrouble>(now);
  const usual = thorough ? THOROUGH_MS : USUAL_MS;

  const ofSource = (plugin: string): { ms: DurationMs; problem: string | null } => {
    const trouble = sources.of(plugin);
    if (trouble === null) return { ms: 0, problem: null };
    if (trouble.byMs >= FETCH_WITHIN_MS)
      return { ms: FETCH_WITHIN_MS, problem: 'It did not answer in time.' };
    return { ms: trouble.byMs, problem: trouble.fails ? 'It cannot be reached.' : null };
  };

  const ofDriver = (what: string, workspaceId: string): { ms: DurationMs; problem: string | null } => {
    const trouble = drivers.of(workspaceId);
    const fails = trouble !== null && (trouble.done ? DONE : BEFORE).test(what);
    const slow = BEFORE.test(what) ? (slowDrivers.of(workspaceId)?.byMs ?? 0) : 0;
    return { ms: slow, problem: fails ? 'The driver does not answer.' : null };
  };

  return {
    drivers,
    slowDrivers,
    sources,
    /** How long a boundary takes, and with what it fails then. */
    at(what: string, whom: string | null): { ms: DurationMs; problem: string | null } {
      const mostMs = usual[what] ?? 0;
      const ownMs = mostMs > 0 && dice.chance(SLOW_SHARE) ? dice.upTo(mostMs) : 0;
      const { ms, problem } =
        whom === null
          ? NOTHING
          : what === 'plugins.fetch' || what === 'plugins.resolve'
            ? ofSource(whom)
            : what.startsWith('runtime.')
              ? ofDriver(what, whom)
              : NOTHING;
      return { ms: ownMs + ms, problem };
    },
    calm(): void {
      drivers.closeAll();
      slowDrivers.closeAll();
      sources.closeAll();
    },
  };
};

export type Disturbances = ReturnType<typeof createDisturbances>;

const NOTHING = { ms: 0, problem: null };
