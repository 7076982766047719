import type { EpochMs } from '../../machines/time.ts';
import { leafOf } from '../../machines/walk.ts';
import type { JournalDraft, Json } from './ports.ts';
import type { WorkspaceSnapshot } from './restore.ts';

/** What happened, in the words of the journal: an invoked actor that is done has settled. */
export const eventName = (type: string): string => {
  if (type === 'xstate.init') return 'workspace.created';
  const [, , , actor] = /^xstate\.(done|error)\.(actor)\.(.+)$/.exec(type) ?? [];
  return actor === undefined ? type : `${actor}.${type.startsWith('xstate.error') ? 'failed' : 'settled'}`;
};

/** The row of a transition. Its `cause` is the whole event: replaying the causes gives the state again. */
export const transitionRow = (
  from: WorkspaceSnapshot | null,
  to: WorkspaceSnapshot,
  event: { type: string },
  at: EpochMs,
): JournalDraft => ({
  kind: 'transition',
  at,
  event: eventName(event.type),
  from: from === null ? null : leafOf(from.value),
  to: leafOf(to.value),
  reason: to.context.reason,
  cause: causeOf(event),
});

/** A line that changes no state. */
export const noteRow = (
  in_: WorkspaceSnapshot,
  event: string,
  details: Json,
  at: EpochMs,
  child?: string,
): JournalDraft => {
  const state = leafOf(in_.value);
  const row: JournalDraft = { kind: 'note', at, event, from: state, to: state, reason: null, cause: details };
  return child === undefined ? row : { ...row, child };
};

/** An error does not survive JSON; its text does. */
const causeOf = (event: { type: string; error?: unknown }): Json => {
  const plain = 'error' in event ? { ...event, error: String(event.error) } : event;
  return plain as unknown as Json;
};
