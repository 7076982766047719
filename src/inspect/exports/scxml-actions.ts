import { type Action, readAction } from '../../../machines/describe/action-words.ts';
import { element, type Lines } from './xml-lines.ts';

/** Actions as executable content: an event that is raised, or the name of what whoever runs the document does. */
export const scxmlActions = (actions: readonly Action[]): Lines =>
  actions.flatMap((action) => {
    const raised = raisedBy(action);
    if (raised !== null) return element('raise', { event: raised });
    const { name, params } = readAction(action);
    return element('xstate:action', {
      name,
      params: params === undefined ? undefined : JSON.stringify(params),
    });
  });

const raisedBy = (action: Action): string | null => {
  const { type, event, delay } = action as { type?: string; event?: unknown; delay?: unknown };
  if (typeof action !== 'function' || type !== 'xstate.raise' || delay !== undefined) return null;
  const name = (event as { type?: unknown } | undefined)?.type;
  return typeof name === 'string' ? name : null;
};
