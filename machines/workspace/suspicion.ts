import type { HeldPlugin, PluginContent } from '../reconcile/outcome.ts';
import type { EpochMs } from '../time.ts';

/**
 * Which plugins may be what makes an agent crash, and how far the search for them is.
 *
 * After a rollback everything that had changed is held back. Once the agent lasts without it, one group after the
 * other is put in force again: a group that lasts is acquitted, one that crashes is halved, and a single plugin that
 * crashes is quarantined. Every guilty one is found, however many there are.
 */
export type Suspicion = {
  /** Not to be installed now. */
  held: HeldPlugin[];
  /** Names of held plugins that are still to be tried, the next group first. */
  groups: string[][];
  /** The first two groups are halves of one that crashed: if the first lasts, the second is guilty. */
  halved: boolean;
  /** The group that is in force on trial; empty for none. */
  trial: HeldPlugin[];
};

export const NO_SUSPICION: Suspicion = { held: [], groups: [], halved: false, trial: [] };

/** Holds back what made the agent crash: the only one is guilty, several are suspected. */
export const accuse = (
  suspicion: Suspicion,
  contents: readonly PluginContent[],
  since: EpochMs,
): Suspicion => {
  const names = contents.map(({ name }) => name);
  const others = suspicion.held.filter(({ name }) => !names.includes(name));
  const groups = suspicion.groups.map((group) => group.filter((name) => !names.includes(name)));
  const rest = { groups: groups.filter((group) => group.length > 0), trial: [] };
  const why = names.length === 1 ? 'quarantined' : 'suspected';
  const held = [...others, ...contents.map((content) => ({ ...content, why, since }) as const)];
  if (names.length < 2) return { ...rest, held, halved: false };
  const half = Math.ceil(names.length / 2);
  return { held, groups: [names.slice(0, half), names.slice(half), ...rest.groups], halved: true, trial: [] };
};

/** What is on trial made the agent crash, or was in force together with what did. */
export const condemn = (suspicion: Suspicion, changed: readonly PluginContent[], since: EpochMs): Suspicion =>
  accuse(suspicion, changed.length > 0 ? changed : suspicion.trial, since);

/** What is on trial lasted; if it was one half of something guilty, the other half is. */
export const acquit = (suspicion: Suspicion, since: EpochMs): Suspicion => {
  if (suspicion.trial.length === 0) return suspicion;
  const acquitted = { ...suspicion, trial: [], halved: false };
  const [guilty] = suspicion.groups;
  if (!suspicion.halved || guilty === undefined) return acquitted;
  return accuse(
    acquitted,
    suspicion.held.filter(({ name }) => guilty.includes(name)),
    since,
  );
};

/** Puts the next group on trial: it is no longer held back. */
export const putOnTrial = (suspicion: Suspicion): Suspicion => {
  const [group = [], ...groups] = suspicion.groups;
  return {
    ...suspicion,
    groups,
    held: suspicion.held.filter(({ name }) => !group.includes(name)),
    trial: suspicion.held.filter(({ name }) => group.includes(name)),
  };
};

/** Forgets what is suspected or held of some plugins. */
export const release = ({ held, groups, halved, trial }: Suspicion, names: readonly string[]): Suspicion => {
  const isOther = ({ name }: { name: string }) => !names.includes(name);
  const left = groups.map((group) => group.filter((name) => !names.includes(name)));
  const isWhole = left.every((group, index) => group.length === groups[index]?.length);
  return {
    held: held.filter(isOther),
    groups: left.filter((group) => group.length > 0),
    halved: halved && isWhole,
    trial: trial.filter(isOther),
  };
};
