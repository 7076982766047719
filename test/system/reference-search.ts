/**
 * The plugins of the reference model: which generation is in force, whether it lasts, and the search for the one that
 * makes the agent crash. DESIGN asks for the breaker; the machine finds the guilty one by halves, and so does this.
 */

export type Limits = Record<
  | 'restartBudget'
  | 'restartWindowMs'
  | 'healthyAfterMs'
  | 'degradedForMs'
  | 'pluginRestartBudget'
  | 'pluginRestartWindowMs'
  | 'pluginProbationMs',
  number
>;

/** What the event of that name brings; of an effect's end its `kind`, and what it found. */
export type Happening = { type: string; at: number; generation?: number | null } & Partial<
  Record<'beat' | 'deadline' | 'kind', string> &
    Record<'incarnation', number> &
    Record<'restart' | 'complete' | 'restartNeeded', boolean> &
    Record<'plugins' | 'changed', string[]>
>;

/**
 * `since`: since when its status is what it is. `incarnation`: boots of the agent; the last one that is `over`, and
 * that was `heard`. `asked`: restart requests, a level; up to which one they were `served`, and `declined`.
 * `generation`: the plugins in force; the last that lasted is `good`, the one that has yet to last is on `trying`.
 * `held`, `queue`, `isHalved`, `trial`: the search for the plugin that makes the agent crash.
 */
export type Life = Record<
  | 'since'
  | 'incarnation'
  | 'over'
  | 'heard'
  | 'asked'
  | 'served'
  | 'declined'
  | 'restarts'
  | 'generation'
  | 'good',
  number
> &
  Record<'crashes' | 'pluginRestarts', number[]> &
  Record<'trying' | 'tryingSince' | 'reported', number | null> & {
    leaf: string;
    owned: boolean;
    limits: Limits;
    rollbackBy: 'operator' | 'breaker' | null;
    held: { name: string; why: 'quarantined' | 'suspected' | 'rolled back' }[];
    queue: string[][];
    isHalved: boolean;
    trial: string[];
  };

export const recent = (moments: number[], at: number, withinMs: number) =>
  moments.filter((moment) => moment > at - withinMs);
export const pluginRestartsBy = ({ pluginRestarts, limits }: Life, at: number): number[] =>
  recent(pluginRestarts, at, limits.pluginRestartWindowMs);

/** Plugins that have yet to last are blamed for a crash. */
export const isUnproved = ({ trying, good }: Life): boolean => trying !== null && trying !== good;
export const blamed = (life: Life, at: number): Life => {
  const judged = proved(life, at);
  return isUnproved(judged) ? { ...judged, pluginRestarts: [...pluginRestartsBy(judged, at), at] } : judged;
};

/** Plugins that lasted are good; of two halves of something guilty, the other one then is. */
const proved = (life: Life, at: number): Life => {
  const { trying, tryingSince, limits, trial, queue, isHalved } = life;
  if (trying === null || tryingSince === null || at < tryingSince + limits.pluginProbationMs) return life;
  const good = { ...life, good: trying, trying: null, tryingSince: null };
  if (trial.length === 0) return good;
  const free = { ...good, trial: [], isHalved: false };
  return isHalved && queue[0] !== undefined ? accused(free, queue[0]) : free;
};

export const loaded = (
  life: Life,
  generation: number | null = null,
  tryingSince: number | null = null,
): Life =>
  generation === null || generation === life.generation
    ? life
    : { ...life, generation, trying: generation === life.good ? null : generation, tryingSince };

export const inForce = (life: Life, { changed = [], generation, at }: Happening): Life => {
  const judged = proved(life, at);
  const replaced = changed.filter((name) => !judged.trial.includes(name));
  const now = loaded(replaced.length > 0 ? cleared(judged, replaced) : judged, generation, at);
  return now.trying === null && now.trial.length > 0 ? { ...now, trial: [], isHalved: false } : now;
};

/** A single one is guilty; several are suspected, and tried one half after the other. */
const accused = (life: Life, names: string[]): Life => {
  const { held, queue } = cleared({ ...life, trial: [] }, names);
  const isHalved = names.length > 1;
  const why = isHalved ? ('suspected' as const) : ('quarantined' as const);
  const half = Math.ceil(names.length / 2);
  return {
    ...life,
    held: [...held, ...names.map((name) => ({ name, why }))],
    queue: isHalved ? [names.slice(0, half), names.slice(half), ...queue] : queue,
    isHalved,
    trial: [],
  };
};

export const onTrial = (life: Life): Life => {
  const [trial = [], ...queue] = life.queue;
  return { ...life, trial, queue, held: life.held.filter(({ name }) => !trial.includes(name)) };
};

const cleared = (life: Life, names: string[]): Life => {
  const isOther = (name: string) => !names.includes(name);
  return {
    ...life,
    held: life.held.filter(({ name }) => isOther(name)),
    queue: life.queue.map((group) => group.filter(isOther)).filter((group) => group.length > 0),
    isHalved: life.isHalved && life.queue.every((group) => group.every(isOther)),
    trial: life.trial.filter(isOther),
  };
};
export const released = (life: Life, names: string[] = []): Life =>
  cleared({ ...life, pluginRestarts: [] }, names);

export const withoutPlugins = (life: Life, changed: string[]): Life => {
  if (life.rollbackBy === 'breaker') return accused(life, changed.length > 0 ? changed : life.trial);
  const left = cleared(life, changed).held.filter(({ why }) => why === 'quarantined');
  const backed = life.held.filter(({ name, why }) => why !== 'quarantined' && !changed.includes(name));
  const names = [...backed.map(({ name }) => name), ...changed];
  const held = [...left, ...names.map((name) => ({ name, why: 'rolled back' as const }))];
  return { ...life, held, queue: [], isHalved: false, trial: [] };
};

/** It crashes without what was blamed too. */
export const acquitted = (life: Life): Life => {
  if (life.trying === null || life.trying !== life.good) return life;
  const names = life.held.filter(({ why }) => why !== 'rolled back').map(({ name }) => name);
  return cleared(life, [...names, ...life.trial]);
};
