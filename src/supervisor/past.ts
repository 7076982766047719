import { type WalkStart, walk } from '../../machines/walk.ts';
import type { WorkspaceInput } from '../../machines/workspace/types.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
import type { JournalEntry, Store } from './ports.ts';
import { parseSnapshot, type WorkspaceSnapshot } from './restore.ts';

/** A way from a known beginning to a row of a journal. */
export type Path = { start: WalkStart; steps: JournalEntry[] };

/** What a workspace was like when a row of its journal was written. */
export type PastState = {
  snapshot: WorkspaceSnapshot;
  /** The edges that the last transition took. */
  edges: readonly string[];
  /** False where the journal tells of a transition that this machine would not make: an earlier version wrote it. */
  exact: boolean;
};

type Cause = { type: string; input?: WorkspaceInput; snapshot?: { value: unknown; context: unknown } };
type History = Pick<Store, 'journal' | 'checkpoint' | 'droppedRows'>;

const PAGE = 500;

/**
 * The shortest known way to row `seq`, the latest checkpoint or the first row being its beginning. With `fromStart`,
 * the way from the first row as long as it is no longer than so many rows and nothing of it was dropped.
 *
 * Null when nothing is known: rows before `seq` were dropped, and no checkpoint is near.
 */
export const pathTo = (history: History, workspaceId: string, seq: number, fromStart = 0): Path | null =>
  fromTheStart(history, workspaceId, seq, fromStart) ??
  fromCheckpoint(history, workspaceId, seq) ??
  fromTheStart(history, workspaceId, seq, Number.MAX_SAFE_INTEGER);

/** Follows a path with the pure machine. */
export const follow = ({ start, steps }: Path): PastState => {
  const walked = walk(workspaceMachine, start);
  let exact = true;
  for (const { cause, to } of steps) {
    const { snapshot, ...event } = cause as Cause;
    if (snapshot !== undefined) walked.jump(snapshot);
    else walked.take(event);
    exact &&= walked.state === to;
  }
  return { snapshot: walked.snapshot as WorkspaceSnapshot, edges: walked.edges, exact };
};

const fromCheckpoint = (history: History, workspaceId: string, seq: number): Path | null => {
  const checkpoint = history.checkpoint(workspaceId, seq);
  if (checkpoint === null) return null;
  const { value, context } = parseSnapshot(checkpoint.raw, workspaceId);
  const steps = transitionsBetween(history, workspaceId, checkpoint.seq, seq, Number.MAX_SAFE_INTEGER);
  return steps === null ? null : { start: { snapshot: { value, context } }, steps };
};

const fromTheStart = (history: History, workspaceId: string, seq: number, atMost: number): Path | null => {
  const isWhole = history.droppedRows(workspaceId) === 0;
  const rows = isWhole ? transitionsBetween(history, workspaceId, 0, seq, atMost) : null;
  const [first, ...steps] = rows ?? [];
  const { input } = (first?.cause ?? {}) as Cause;
  return input === undefined ? null : { start: { input }, steps };
};

/** Null when there are more than `atMost`. */
const transitionsBetween = (
  history: History,
  workspaceId: string,
  after: number,
  upTo: number,
  atMost: number,
): JournalEntry[] | null => {
  const found: JournalEntry[] = [];
  for (let position = after; ; ) {
    const rows = history.journal(workspaceId, {
      after: position,
      before: upTo + 1,
      limit: PAGE,
      order: 'asc',
    });
    found.push(...rows.filter(({ kind }) => kind === 'transition'));
    if (found.length > atMost) return null;
    if (rows.length < PAGE) return found;
    position = rows.at(-1)?.seq ?? upTo;
  }
};
