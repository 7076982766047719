import { Type } from 'typebox';
import type { JournalEntry } from '../../supervisor/ports.ts';
import { AnyJson, iso, Moment, Nullable, Words } from './nullable.ts';
import { ReasonWire } from './status.ts';

const JournalRow = Type.Object({
  seq: Type.Integer({ description: 'rises over the whole installation' }),
  at: Moment,
  workspace_id: Type.String(),
  event: Type.String(),
  from: Nullable(Type.String()),
  to: Type.String(),
  reason: ReasonWire,
  cause: AnyJson({ description: "a transition's whole event, or a note's details" }),
  kind: Words(['transition', 'note']),
});

export const JournalPage = Type.Object({
  items: Type.Array(JournalRow),
  next_cursor: Nullable(Type.String()),
  last_seq: Type.Integer({ description: 'of the whole installation' }),
});

export const journalRowOf = (entry: JournalEntry) => ({
  seq: entry.seq,
  at: iso(entry.at),
  workspace_id: entry.workspaceId,
  event: entry.event,
  from: entry.from,
  to: entry.to,
  reason: entry.reason,
  cause: entry.cause,
  kind: entry.kind,
});
