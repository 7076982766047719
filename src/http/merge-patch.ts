import { isDeepStrictEqual } from 'node:util';

type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Applies a merge patch (RFC 7396): null removes, objects merge, anything else replaces. Changes neither argument. */
export const applyMergePatch = (target: unknown, patch: unknown): unknown => {
  if (!isTree(patch)) return patch;
  const result: Tree = isTree(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyMergePatch(result[key], value);
  }
  return result;
};

/** The smallest merge patch that turns one object into the other; `{}` when they are equal. Null means absent. */
export const makeMergePatch = (from: Tree, to: Tree): Tree => {
  const patch: Tree = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [before, after] = [from[key] ?? null, to[key] ?? null];
    if (isDeepStrictEqual(before, after)) continue;
    patch[key] = isTree(before) && isTree(after) ? makeMergePatch(before, after) : after;
  }
  return patch;
};
