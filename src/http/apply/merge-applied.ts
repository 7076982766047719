import { isDeepStrictEqual } from 'node:util';
import { EMPTY_SPEC } from '../../../machines/workspace/spec.ts';
import { specToWire } from '../wire/spec.ts';
import type { FullSpec, Said } from './read-document.ts';

type Merge = {
  /** What was applied last; null when nothing was. */
  last: Partial<FullSpec> | null;
  next: Said;
  live: FullSpec;
  /** Takes away too what nobody wrote into a document. */
  prune: boolean;
};

/**
 * What a workspace is to be once `next` is applied to it.
 *
 * What `next` says wins. What `last` said and `next` does not is gone, whoever changed it since. What neither says
 * was added by hand: it stays, unless `prune`. Each variable, plugin and number of the policy is a thing of its own;
 * a plugin is taken as a whole.
 */
export const mergeApplied = ({ last: before, next, live, prune }: Merge): FullSpec => {
  const last = before ?? {};
  const fields = Object.keys(live).map((key) => {
    const field = key as keyof FullSpec;
    if (Object.hasOwn(next, field)) return [field, next[field]];
    return [field, prune || Object.hasOwn(last, field) ? NOTHING_SAID[field] : live[field]];
  });
  return {
    ...(Object.fromEntries(fields) as FullSpec),
    env: mergeKeys({ last: last.env, next: next.env, live: live.env, prune }),
    policy: mergeKeys({ last: last.policy, next: next.policy, live: live.policy, prune }),
    plugins: mergePlugins({ last, next, live, prune }),
  };
};

const NOTHING_SAID: FullSpec = specToWire({ ...EMPTY_SPEC, name: '' });

type Keyed<T> = Record<string, T>;
type KeyedMerge<T> = {
  last: Keyed<T> | undefined;
  next: Keyed<T> | undefined;
  live: Keyed<T>;
  prune: boolean;
};

const mergeKeys = <T>({ last = {}, next = {}, live, prune }: KeyedMerge<T>): Keyed<T> => {
  const byHand = Object.entries(live).filter(([key]) => !prune && !Object.hasOwn(last, key));
  return { ...Object.fromEntries(byHand), ...next };
};

const mergePlugins = ({ last, next, live, prune }: Merge & { last: Partial<FullSpec> }) => {
  const said = next.plugins ?? [];
  const [nextNames, lastNames] = [said, last.plugins ?? []].map(
    (list) => new Set(list.map(({ name }) => name)),
  );
  const byHand = live.plugins.filter(({ name }) => !prune && !nextNames?.has(name) && !lastNames?.has(name));
  const plugins = [...said, ...byHand];
  // Those added by hand keep their places where that contradicts nothing.
  const inPlace = live.plugins.flatMap(({ name }) => plugins.find((each) => each.name === name) ?? []);
  const isInOrder = isDeepStrictEqual(
    inPlace.filter(({ name }) => nextNames?.has(name)),
    said,
  );
  return isInOrder ? inPlace : plugins;
};
