import { type DurationMs, MINUTE } from '../../../machines/time.ts';
import type { Seen } from './invariants/types.ts';
import { hasCommand, type Operators } from './operators.ts';
import type { World } from './world.ts';

/** Once everything is mended, everybody is where it should be by then. A clock that was set back takes its hour. */
const RESTED_WITHIN_MS: DurationMs = 120 * MINUTE;
/** What is still on its way by then is there, and what came of the gaps in it is over: an old beat can cut a quiet lease short. */
const ARRIVED_WITHIN_MS: DurationMs = 7 * MINUTE;
/** Then nothing more happens for so long, but that plugins are looked at. */
const STILL_FOR_MS: DurationMs = 15 * MINUTE;
const LOOK_EVERY_MS: DurationMs = MINUTE;
/** So long a look at what is installed takes, where nothing is missing. */
const LOOKS_WITHIN_MS: DurationMs = 5_000;
const HELP_EVERY = 5;

type Fleet = { incarnations: string; fetches: number };

/**
 * The end of a run: faults cease, agents are healthy, and somebody helps what was given up.
 *
 * Within a bounded time every wanted workspace is online and has what it declared, or says per plugin why not; and
 * then the fleet is still.
 */
export const comeToRest = async (
  world: World,
  operators: Operators,
  passUntil: (at: number) => Promise<boolean>,
): Promise<void> => {
  const { timeline, watch, facts, counts } = world;
  operators.mend();
  let end = timeline.now() + RESTED_WITHIN_MS;
  const arrived = timeline.now() + ARRIVED_WITHIN_MS;
  let stillSince: number | null = null;
  let before: Fleet | null = null;

  const fleet = (): Fleet => ({
    incarnations: [...watch.seen.values()]
      .map(({ id, context, state }) => `${id} ${context.incarnation} ${state}`)
      .join(),
    fetches: counts.fetches,
  });

  for (let look = 0; ; look += 1) {
    if (look % HELP_EVERY === 1) operators.help();
    if (!(await passUntil(timeline.now() + LOOK_EVERY_MS))) return;
    const isHeard = timeline.now() - facts.workingSince() > LOOK_EVERY_MS;
    if (!isHeard && timeline.now() < end) {
      // A supervisor that was about to die, or stands still, has yet to hear what it was asked.
      before = null;
      stillSince = null;
      continue;
    }
    const restless = [...watch.seen.values()].filter((seen) => unrestOf(seen, world) !== null);
    if (restless.length > 0) {
      if (before !== null && stillSince !== null) {
        const [one] = restless as [Seen, ...Seen[]];
        watch.report(
          '4',
          'restedFleetIsStill',
          one.id,
          `it was where it should be, nothing happened, and now ${unrestOf(one, world)}`,
        );
        return;
      }
      // While a clock that was set back catches up, what is due lies farther ahead.
      if (facts.isBehind()) end = timeline.now() + RESTED_WITHIN_MS;
      if (timeline.now() < end) continue;
      for (const seen of restless) {
        watch.report('liveness', 'everybodyComesToRest', seen.id, tellRestless(seen, world));
      }
      return;
    }
    const now = fleet();
    if (timeline.now() < arrived) continue;
    if (before === null) {
      before = now;
      stillSince = timeline.now();
      continue;
    }
    if (
      now.incarnations !== before.incarnations &&
      !isOnlyReconciling(before.incarnations, now.incarnations)
    ) {
      watch.report(
        '4',
        'restedFleetIsStill',
        null,
        'everybody was where they should be, and then somebody was restarted',
      );
      return;
    }
    // What is held back is asked for again now and then: its source may have another version.
    const asksAgain = [...watch.seen.values()].some(({ state }) => state === 'wanted.online.blocked');
    if (now.fetches !== before.fetches && !asksAgain) {
      watch.report(
        '4',
        'restedFleetIsStill',
        null,
        'everybody had their plugins, and then something was fetched again',
      );
      return;
    }
    if (timeline.now() - (stillSince ?? 0) >= STILL_FOR_MS) return;
  }
};

const isOnlyReconciling = (before: string, now: string): boolean => strip(before) === strip(now);
const strip = (fleet: string): string => fleet.replaceAll(/wanted\.online\.\w+/g, 'online');

/** What keeps a workspace from being at rest; null when nothing does. */
const unrestOf = (seen: Seen, { facts, publisher }: World): string | null => {
  const { state, context, removed, spec, id } = seen;
  if (removed || state === 'resting.paused' || state === 'resting.hibernated') return null;
  const { blocked, probation, suspicion } = context.plugins;
  if (!hasCommand(spec)) return 'its command does not exist';
  // It looks at its plugins every few minutes, and is in the middle of that now and then. What takes longer brings something.
  if (state === 'wanted.online.reconciling' && facts.now() - seen.enteredAt > LOOKS_WITHIN_MS)
    return 'a reconcile is under way';
  const isBlocked = state === 'wanted.online.blocked';
  if (!isBlocked && state !== 'wanted.online.converged' && state !== 'wanted.online.reconciling')
    return `it is ${state}`;
  if (suspicion.held.some(({ why }) => why === 'suspected')) return 'plugins are still suspected';
  if (facts.inForce(id).generation !== context.plugins.generation) return 'it does not know its plugins yet';
  if (probation !== null) return `plugin generation ${probation.generation} is still on probation`;
  if (facts.view(id)?.restartPending !== false) return 'a restart is still due';
  if (isBlocked) {
    const other = blocked.find(({ code }) => code !== 'PLUGIN_QUARANTINED');
    if (blocked.length === 0 || other !== undefined) return `${other?.name ?? 'something'} is still blocked`;
  }
  const installed = new Map(facts.inForce(id).plugins.map((plugin) => [plugin.name, plugin]));
  const lacking = spec.plugins.find(({ name, source, track }) => {
    const plugin = installed.get(name);
    const latest = publisher.latestOf(source);
    const held = suspicion.held.find((one) => one.name === name && one.source === source);
    // What is held stays out, until its source has something newer that may come by itself.
    if (held !== undefined)
      return track === 'auto' && latest !== held.treeHash && latest !== plugin?.treeHash;
    if (plugin === undefined || plugin.actualHash !== plugin.treeHash) return true;
    return track === 'auto' && plugin.treeHash !== latest;
  });
  return lacking === undefined ? null : `${lacking.name} is not what it should be`;
};

const tellRestless = (seen: Seen, world: World): string => {
  const { state, context } = seen;
  const { deadline, reason } = context;
  const next =
    deadline === null
      ? ''
      : `, ${deadline.name} in ${Math.round((deadline.at - world.facts.wallNow()) / 1000)} s`;
  return `two hours after everything was mended, ${unrestOf(seen, world)} (${state}${next}). ${reason?.message ?? ''}`.trim();
};
