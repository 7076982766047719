import { leafOf, type Walk, walk } from '../../../machines/walk.ts';
import { workspaceMachine } from '../../../machines/workspace/workspace.machine.ts';
import type { MemoryDisk } from '../memory/memory-store.ts';

type Cause = { type: string; input?: unknown; snapshot?: { value: unknown; context: unknown } };
type Replayed = { rows: number; transitions: number; walk: Walk | null; problem: string | null };

/**
 * Follows the journals on the disk with the pure machine, each row once.
 *
 * Nothing is taken from what the supervisor thinks: only causes, from the first row of each workspace on.
 */
export const createReplay = (disk: MemoryDisk) => {
  const known = new Map<string, Replayed>();

  const upToDate = (id: string): Replayed => {
    const one = known.get(id) ?? { rows: 0, transitions: 0, walk: null, problem: null };
    known.set(id, one);
    const rows = disk.journals.get(id)?.rows ?? [];
    for (; one.rows < rows.length; one.rows += 1) {
      const row = rows[one.rows];
      if (row?.kind !== 'transition') continue;
      const from = one.walk?.state ?? null;
      one.walk = follow(one.walk, JSON.parse(row.cause) as Cause);
      one.transitions += 1;
      const to = one.walk.state;
      if (row.from !== from || row.to !== to) {
        one.problem ??= `row ${row.seq}, ${row.event}, says ${row.from} → ${row.to}; its cause leads ${from} → ${to}`;
      }
    }
    return one;
  };

  return {
    /** How many transitions of a workspace are on the disk. */
    transitionsOf(id: string): number {
      const one = known.get(id);
      const rows = disk.journals.get(id)?.rows ?? [];
      let count = one?.transitions ?? 0;
      for (let index = one?.rows ?? 0; index < rows.length; index += 1) {
        if (rows[index]?.kind === 'transition') count += 1;
      }
      return count;
    },
    /** What the journal of a workspace and its stored state disagree about; null when they agree. */
    check(id: string): string | null {
      const stored = disk.workspaces.get(id)?.snapshot;
      if (stored === null || stored === undefined) return null;
      const { walk: walked, problem } = upToDate(id);
      if (problem !== null) return problem;
      const snapshot = walked?.snapshot;
      if (snapshot === undefined) return 'it is stored, but its journal is empty';
      const { value, context } = JSON.parse(stored) as { value: unknown; context: object };
      const told = JSON.stringify({ value: snapshot.value, context: snapshot.context });
      // Through JSON twice, so that what JSON leaves out is left out of both.
      return sorted(JSON.parse(told)) === sorted({ value, context })
        ? null
        : `its journal leads to ${leafOf(snapshot.value)}, but what is stored is otherwise: ${difference(JSON.parse(told), { value, context })}`;
    },
  };
};

const follow = (before: Walk | null, cause: Cause): Walk => {
  if (before === null)
    return walk(
      workspaceMachine,
      cause.snapshot === undefined ? { input: cause.input } : { snapshot: cause.snapshot },
    );
  if (cause.snapshot === undefined) before.take(cause);
  else before.jump(cause.snapshot);
  return before;
};

/** The same text for the same content, in whatever order its keys are. */
const sorted = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

const difference = (told: unknown, stored: unknown, path = ''): string => {
  if (typeof told !== 'object' || typeof stored !== 'object' || told === null || stored === null) {
    return `${path} is ${JSON.stringify(stored)}, not ${JSON.stringify(told)}`;
  }
  const keys = new Set([...Object.keys(told), ...Object.keys(stored)]);
  for (const key of keys) {
    const [a, b] = [(told as Record<string, unknown>)[key], (stored as Record<string, unknown>)[key]];
    if (sorted(a) !== sorted(b)) return difference(a, b, path === '' ? key : `${path}.${key}`);
  }
  return 'nothing';
};
