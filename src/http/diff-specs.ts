import { isDeepStrictEqual } from 'node:util';
import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { specToWire } from './wire/spec.ts';

/** One field that differs. `path` is dotted; a plugin is `plugins.<name>`. Null means absent. */
export type Difference = { path: string; from: unknown; to: unknown };

/** What differs between two specs, field by field, in the words of the wire. */
export const diffSpecs = (before: WorkspaceSpec, after: WorkspaceSpec): Difference[] => {
  const [from, to] = [flatten(before), flatten(after)];
  const differences = [...new Set([...from.keys(), ...to.keys()])]
    .map((path) => ({ path, from: from.get(path) ?? null, to: to.get(path) ?? null }))
    .filter((each) => !isDeepStrictEqual(each.from, each.to));
  return [...differences, ...reordered(before, after)];
};

const flatten = (spec: WorkspaceSpec): Map<string, unknown> => {
  const { env, policy, plugins, ...fields } = specToWire(spec);
  return new Map<string, unknown>([
    ...Object.entries(fields),
    ...Object.entries(env).map(([name, value]) => [`env.${name}`, value] as const),
    ...Object.entries(policy).map(([name, value]) => [`policy.${name}`, value] as const),
    ...plugins.map((plugin) => [`plugins.${plugin.name}`, plugin] as const),
  ]);
};

/** The same plugins in another order are a difference too: the order is part of what was declared. */
const reordered = (before: WorkspaceSpec, after: WorkspaceSpec): Difference[] => {
  const [from, to] = [before, after].map(({ plugins }) => plugins.map(({ name }) => name)) as [
    string[],
    string[],
  ];
  const isSameSet = isDeepStrictEqual([...from].sort(), [...to].sort());
  return isSameSet && !isDeepStrictEqual(from, to) ? [{ path: 'plugins', from, to }] : [];
};
