import { paramWords } from './guard-words.ts';

/** An action as XState keeps it: a name, a name with parameters, or a function. */
export type Action = string | { type: string; params?: unknown } | ActionFunction;
type ActionFunction = ((...given: never[]) => unknown) & { type?: string; event?: unknown };

/** An action's name, and its parameters where they are constants. One without a name is called after what it does. */
export const readAction = (action: Action): { name: string; params: unknown } => {
  if (typeof action === 'string') return { name: action, params: undefined };
  if (typeof action === 'object') {
    const { type: name, params } = action;
    return { name, params: typeof params === 'function' ? undefined : params };
  }
  const builtIn = action.type?.replace(/^xstate\./, '');
  return { name: builtIn ?? (action.name === '' ? 'action' : action.name), params: undefined };
};

/** An action as people read it: `noteStatus(online)`. An object is told by its size: it is prose or data. */
export const actionWords = (action: Action): string => {
  const { name, params } = readAction(action);
  if (params === undefined || (typeof params === 'object' && params !== null)) return name;
  return `${name}(${paramWords(params)})`;
};
