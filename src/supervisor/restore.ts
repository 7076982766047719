import { type Actor, type AnyStateNode, createActor, type InspectionEvent, type SnapshotFrom } from 'xstate';
import { DEFAULT_POLICY } from '../../machines/workspace/policy.ts';
import { NO_SUSPICION } from '../../machines/workspace/suspicion.ts';
import type { Reason, WorkspaceContext, WorkspaceInput } from '../../machines/workspace/types.ts';
import {
  WORKSPACE_MACHINE_VERSION,
  type workspaceMachine,
} from '../../machines/workspace/workspace.machine.ts';
import { faultOfContext } from './context-schema.ts';
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
const migrations: Record<number, (snapshot: StoredSnapshot) => StoredSnapshot> = {
  1: (snapshot) => {
    const { policy, plugins } = snapshot.context as Partial<WorkspaceContext>;
    const { refresh, ...known } = { ...plugins } as Partial<WorkspaceContext['plugins']>;
    return {
      ...snapshot,
      context: {
        ...snapshot.context,
        policy: {
          pluginProbationMs: DEFAULT_POLICY.pluginProbationMs,
          ...policy,
        } as WorkspaceContext['policy'],
        plugins: {
          ...(known as WorkspaceContext['plugins']),
          refresh: refresh ? 'all' : null,
          // What is in force was there before anybody judged it.
          good: known.generation ?? 0,
          probation: null,
          suspicion: NO_SUSPICION,
          rollback: null,
          reported: null,
          dismissed: [],
        },
      },
    };
  },
  2: (snapshot) => ({ ...snapshot, context: { ...snapshot.context, restartedAt: [] } }),
};

/** An actor that has not begun yet; nothing runs until it is started. */
export const newActor = (logic: WorkspaceLogic, input: WorkspaceInput, inspect: Inspect): WorkspaceActor =>
  createActor(logic, { input, inspect });

/**
 * An actor in the state that was stored, without any children: whatever it was doing begins anew when it is sent
 * `supervisor.resumed`.
 *
 * @throws SnapshotRefused when it is in no state of this machine
 */
export const restoredActor = (
  logic: WorkspaceLogic,
  { value, context }: StoredSnapshot,
  inspect: Inspect,
): WorkspaceActor => {
  if (!namesLeaf(logic.root, value)) throw new SnapshotRefused('it names no state of this machine');
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

/** Whether a state value leads, key by key, to a state in which a workspace can be. */
const namesLeaf = (node: AnyStateNode, value: unknown): boolean => {
  if (typeof value === 'string') return ownState(node, value)?.type === 'atomic';
  if (typeof value !== 'object' || value === null) return false;
  const [[key, inner] = [], ...others] = Object.entries(value);
  const child = key === undefined ? undefined : ownState(node, key);
  return others.length === 0 && child !== undefined && namesLeaf(child, inner);
};

const ownState = ({ states }: AnyStateNode, key: string): AnyStateNode | undefined =>
  Object.hasOwn(states, key) ? states[key] : undefined;

/**
 * Reads what was stored of a workspace, in the form that this machine knows.
 *
 * @throws SnapshotRefused when it is not a snapshot, not of this workspace, or of a version that is not known here
 */
export const parseSnapshot = (raw: string, workspaceId: string): StoredSnapshot => {
  const stored = migrate(parseJson(raw));
  const fault = faultOfContext(stored.context);
  if (fault !== null) throw new SnapshotRefused(fault);
  if (stored.context.workspaceId !== workspaceId) throw new SnapshotRefused('it is of another workspace');
  return stored;
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

const parseJson = (raw: string): StoredSnapshot => {
  let stored: Partial<StoredSnapshot> | null;
  try {
    stored = JSON.parse(raw);
  } catch {
    throw new SnapshotRefused('it is not valid JSON');
  }
  if (!Number.isInteger(stored?.machineVersion)) throw new SnapshotRefused('it is not a workspace snapshot');
  return stored as StoredSnapshot;
};

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
