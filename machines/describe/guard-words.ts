/** A guard as XState keeps it: a name, a name with parameters, or a function (also what `not`, `and` and `or` make). */
export type Guard = string | { type: string; params?: unknown } | GuardFunction;
type GuardFunction = ((...given: never[]) => unknown) & {
  check?: unknown;
  guards?: Guard[];
  stateValue?: unknown;
};

/** A guard taken apart: what it asks by name, and how that is combined. */
export type GuardTree =
  | { kind: 'named'; name: string; params: unknown }
  | { kind: 'not' | 'and' | 'or'; guards: GuardTree[] }
  | { kind: 'in'; state: unknown }
  | { kind: 'inline' };

/** Takes a guard apart. Parameters that are computed from the event are left out: they differ each time. */
export const readGuard = (guard: Guard): GuardTree => {
  if (typeof guard === 'string') return { kind: 'named', name: guard, params: undefined };
  if (typeof guard === 'object') {
    const { type: name, params } = guard;
    return { kind: 'named', name, params: typeof params === 'function' ? undefined : params };
  }
  const { name, check, guards = [], stateValue } = guard;
  if (check !== undefined && (name === 'not' || name === 'and' || name === 'or')) {
    return { kind: name, guards: guards.map(readGuard) };
  }
  return check !== undefined && name === 'stateIn' ? { kind: 'in', state: stateValue } : { kind: 'inline' };
};

/** A guard as people read it: `isDeadline(restartAt)`, `not isOwned`, `isOwned and (isOld or isIdle)`. */
export const guardWords = (guard: Guard): string => treeWords(readGuard(guard));

const treeWords = (tree: GuardTree): string => {
  switch (tree.kind) {
    case 'named':
      return `${tree.name}${tree.params === undefined ? '' : `(${paramWords(tree.params)})`}`;
    case 'in':
      return `in ${paramWords(tree.state)}`;
    case 'inline':
      return 'guard';
    case 'not':
      return `not ${tree.guards.map(partWords).join(', ')}`;
    case 'and':
    case 'or':
      return tree.guards.map(partWords).join(` ${tree.kind} `);
    default:
      return tree satisfies never;
  }
};

const partWords = (tree: GuardTree): string =>
  tree.kind === 'and' || tree.kind === 'or' ? `(${treeWords(tree)})` : treeWords(tree);

/** Constant parameters in short: a text without quotes, an object as `name: value`. */
export const paramWords = (params: unknown): string => {
  if (typeof params === 'string') return params;
  if (typeof params !== 'object' || params === null) return String(params);
  if (Array.isArray(params)) return params.map(paramWords).join(', ');
  return Object.entries(params)
    .map(([name, value]) => `${name}: ${paramWords(value)}`)
    .join(', ');
};
