import { isDeepStrictEqual } from 'node:util';
import { type Actor, createActor, type InspectionEvent, type SnapshotFrom } from 'xstate';
import type { Reason, WorkspaceContext, WorkspaceInput } from '../../machines/workspace/types.ts';
import {
  WORKSPACE_MACHINE_VERSION,
  type workspaceMachine,
} from '../../machines/workspace/workspace.machine.ts';
import type { StoredSnapshot } from './ports.ts';

export type WorkspaceLogic = typeof workspaceMachine;
export type WorkspaceActor = Actor<WorkspaceLogic>;
export type WorkspaceSnapshot = SnapshotFrom<WorkspaceLogic>;
type Inspect = (event: InspectionEvent) => void;

/** A stored snapshot that this machine cannot be brought into. */
export class SnapshotRefused extends Error {
  override readonly name = 'SnapshotRefused';
}

/** `migrations[n]` turns a snapshot of machine version n into one of version n + 1. Append only. */
const migrations: Record<number, (snapshot: StoredSnapshot) => StoredSnapshot> = {};

/** An actor that has not begun yet; nothing runs until it is started. */
export const newActor = (logic: WorkspaceLogic, input: WorkspaceInput, inspect: Inspect): WorkspaceActor =>
  createActor(logic, { input, inspect });

/**
 * An actor in the state that was stored, without any children: whatever it was doing begins anew when it is sent
 * `supervisor.resumed`.
 *
 * @throws SnapshotRefused when the snapshot cannot be read, is of a newer version, or names an unknown state
 */
export const restoredActor = (
  logic: WorkspaceLogic,
  stored: StoredSnapshot,
  inspect: Inspect,
): WorkspaceActor => {
  const { value, context } = migrate(stored);
  const snapshot = { status: 'active', value, context, historyValue: {}, children: {} };
  const actor = createActor(logic, {
    snapshot: snapshot as never,
    input: undefined as never,
    inspect,
  });
  const restored = actor.getSnapshot();
  if (restored.status === 'error') throw new SnapshotRefused((restored.error as Error).message);
  if (!isDeepStrictEqual(restored.value, value))
    throw new SnapshotRefused('it names no state of this machine');
  return actor;
};

/** @throws SnapshotRefused when it is not a snapshot at all */
export const parseSnapshot = (raw: string): StoredSnapshot => {
  let stored: Partial<StoredSnapshot> | null;
  try {
    stored = JSON.parse(raw);
  } catch {
    throw new SnapshotRefused('it is not valid JSON');
  }
  if (
    typeof stored?.machineVersion !== 'number' ||
    stored.value === undefined ||
    !isContext(stored.context)
  ) {
    throw new SnapshotRefused('it is not a workspace snapshot');
  }
  return stored as StoredSnapshot;
};

export const storedForm = ({
  value,
  context,
}: Pick<WorkspaceSnapshot, 'value' | 'context'>): StoredSnapshot => ({
  machineVersion: WORKSPACE_MACHINE_VERSION,
  value,
  context,
});

/** The state of a workspace that is put aside: failed, with a reason, until an operator steps in. */
export const parkedForm = (context: WorkspaceContext, reason: Reason, at: number): StoredSnapshot => ({
  machineVersion: WORKSPACE_MACHINE_VERSION,
  value: { wanted: 'failed' },
  context: { ...context, status: 'failed', since: at, reason, deadline: null },
});

const migrate = (stored: StoredSnapshot): StoredSnapshot => {
  if (stored.machineVersion > WORKSPACE_MACHINE_VERSION) {
    throw new SnapshotRefused(
      `it is of version ${stored.machineVersion}, newer than ${WORKSPACE_MACHINE_VERSION}`,
    );
  }
  let current = stored;
  while (current.machineVersion < WORKSPACE_MACHINE_VERSION) {
    const step = migrations[current.machineVersion];
    if (step === undefined) throw new SnapshotRefused(`nothing migrates version ${current.machineVersion}`);
    current = { ...step(current), machineVersion: current.machineVersion + 1 };
  }
  return current;
};

/** What the code relies on without looking; the rest of a context is its machine's business. */
const CONTEXT_SHAPE: Partial<Record<keyof WorkspaceContext, (value: unknown) => boolean>> = {
  workspaceId: (value) => typeof value === 'string',
  owned: (value) => typeof value === 'boolean',
  policy: isObject,
  generation: Number.isFinite,
  incarnation: Number.isFinite,
  endedIncarnation: Number.isFinite,
  restart: isObject,
  status: (value) => typeof value === 'string',
  since: Number.isFinite,
  reason: (value) => value === null || isObject(value),
  deadline: (value) => value === null || (isObject(value) && Number.isFinite(value.at)),
  crashedAt: Array.isArray,
  reconcile: isObject,
  plugins: (value) => isObject(value) && Array.isArray(value.blocked) && Array.isArray(value.restartedAt),
};

const isContext = (context: unknown): context is WorkspaceContext =>
  isObject(context) && Object.entries(CONTEXT_SHAPE).every(([key, fits]) => fits(context[key]));

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
