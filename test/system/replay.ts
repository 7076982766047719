/** What the journal alone says of a workspace, and what is stored of it. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { initialTransition, transition } from 'xstate';
import { leafOf } from '../../machines/walk.ts';
import type { WorkspaceContext, WorkspaceInput } from '../../machines/workspace/types.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
import type { Snapshot } from '../machines/model.ts';

type Cause = {
  type: string;
  input?: WorkspaceInput;
  snapshot?: { value: unknown; context: WorkspaceContext };
};

/** A transition row, and the state that the rows up to it lead to. */
export type Step = {
  seq: number;
  event: string;
  from: string | null;
  to: string;
  cause: Cause;
  snapshot: Snapshot;
};

type Row = { seq: number; event: string; from_state: string | null; to_state: string; cause: string };

/** Runs the pure machine through the journal of a workspace, from its first row on. */
export const replayJournal = (data: string, workspaceId: string): Step[] =>
  readDatabase(data, (db) => {
    const rows = db
      .prepare<[string], Row>(
        `SELECT * FROM journal WHERE workspace_id = ? AND kind = 'transition' ORDER BY seq`,
      )
      .all(workspaceId);
    const steps: Step[] = [];
    for (const { seq, event, from_state, to_state, cause: text } of rows) {
      const cause = JSON.parse(text) as Cause;
      const snapshot = follow(steps.at(-1)?.snapshot, cause);
      steps.push({ seq, event, from: from_state, to: to_state, cause, snapshot });
    }
    return steps;
  });

/** Steps that the journal tells differently from what its causes lead to; there should be none. */
export const contradictions = (steps: Step[]): string[] =>
  steps.flatMap(({ seq, event, from, to, snapshot }, index) => {
    const before = event === 'snapshot.quarantined' ? undefined : steps[index - 1];
    const computed = [before === undefined ? null : leafOf(before.snapshot.value), leafOf(snapshot.value)];
    const told = [from, to];
    return told.join() === computed.join()
      ? []
      : [`${seq} ${event}: told ${told.join(' -> ')}, computed ${computed.join(' -> ')}`];
  });

/** The value and context to which the journal leads, as JSON has them. */
export const replayed = (steps: Step[]) => {
  const { value, context } = (steps.at(-1) as Step).snapshot;
  return JSON.parse(JSON.stringify({ value, context })) as { value: unknown; context: WorkspaceContext };
};

/** The value and context in the snapshot's row. */
export const stored = (data: string, workspaceId: string) =>
  readDatabase(data, (db) => {
    const text = db
      .prepare<[string], string>('SELECT snapshot FROM snapshots WHERE workspace_id = ?')
      .pluck()
      .get(workspaceId);
    const { value, context } = JSON.parse(text ?? 'null') as { value: unknown; context: WorkspaceContext };
    return { value, context };
  });

const follow = (before: Snapshot | undefined, cause: Cause): Snapshot => {
  if (cause.snapshot !== undefined) return workspaceMachine.resolveState(cause.snapshot as never);
  if (before === undefined) return initialTransition(workspaceMachine, cause.input as WorkspaceInput)[0];
  return transition(workspaceMachine, before, cause as never)[0];
};

const readDatabase = <T>(data: string, read: (db: Database.Database) => T): T => {
  const db = new Database(join(data, 'keepwell.db'), { readonly: true, fileMustExist: true });
  try {
    return read(db);
  } finally {
    db.close();
  }
};
