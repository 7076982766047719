import type { AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** A state's id in SCXML: its own, with what an XML name may not hold written as `_x20_`. */
export const scxmlId = (node: AnyStateNode): string => xmlName(node.id);

/** An invoke's id: SCXML wants it unique in the document, XState only among what runs at a time. */
export const scxmlInvokeId = (node: AnyStateNode, invokeId: string): string =>
  xmlName(`${node.id}.invoke.${invokeId}`);

/** Where the machine ends when its root is done. */
export const scxmlEnd = (root: AnyStateNode): string => `${scxmlId(root)}--done`;

/** The event that a delayed transition waits for; what sends it has the same name. */
export const scxmlAfter = (eventType: string): string => xmlName(eventType);

const DONE = 'xstate.done.actor.';
const ERROR = 'xstate.error.actor.';
const DONE_STATE = 'xstate.done.state.';
const AFTER = 'xstate.after.';

/** The event of a transition as SCXML spells it. */
export const scxmlEvent = ({
  source,
  eventType,
}: Pick<AnyTransitionDefinition, 'source' | 'eventType'>): string => {
  if (eventType.startsWith(DONE)) return `done.invoke.${invokeOf(source, eventType.slice(DONE.length))}`;
  if (eventType.startsWith(ERROR)) return `error.platform.${invokeOf(source, eventType.slice(ERROR.length))}`;
  if (eventType.startsWith(DONE_STATE)) return `done.state.${xmlName(eventType.slice(DONE_STATE.length))}`;
  if (eventType.startsWith(AFTER)) return scxmlAfter(eventType);
  return eventType.replaceAll(/\s/g, '_');
};

/** The invoke is the state's own, or that of a state around it. */
const invokeOf = (source: AnyStateNode, id: string): string => {
  for (let node: AnyStateNode | undefined = source; node !== undefined; node = node.parent) {
    if (node.invoke.some((invoke) => invoke.id === id)) return scxmlInvokeId(node, id);
  }
  return xmlName(id);
};

const xmlName = (name: string): string =>
  name
    .replaceAll(/[^\p{L}\p{N}._-]/gu, (character) => `_x${character.codePointAt(0)?.toString(16)}_`)
    .replace(/^(?=[^\p{L}_])/u, '_');
