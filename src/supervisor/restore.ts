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

const CONTEXT_KEYS = [
  'workspaceId',
  'policy',
  'restart',
  'reconcile',
  'plugins',
  'crashedAt',
  'status',
] as const;

const isContext = (context: unknown): context is WorkspaceContext =>
  typeof context === 'object' && context !== null && CONTEXT_KEYS.every((key) => key in context);
