import { type AnyTransitionDefinition, getNextTransitions, transition } from 'xstate';
import { edgeIdOf, nodeIdOf } from '../../machines/describe/edge-id.ts';
import type { EpochMs } from '../../machines/time.ts';
import { leafOf } from '../../machines/walk.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
import type { Occurrence } from './actor-host.ts';
import type { WorkspaceSnapshot } from './restore.ts';

/** What something that may happen would do to a workspace. */
export type Move = { edge: string; to: string; description: string | null };

/** What would come of something, by asking the machine itself; nothing of it happens. Null when it has no answer. */
export const moveOf = (snapshot: WorkspaceSnapshot, occurrence: Occurrence, at: EpochMs): Move | null => {
  const event = { ...occurrence, at, roll: 0 };
  const [taken] = snapshot.status === 'active' ? selected(snapshot, event) : [];
  if (taken === undefined) return null;
  const [after] = transition(workspaceMachine, snapshot, event);
  return { edge: edgeIdOf(taken), to: leafOf(after.value), description: taken.description ?? null };
};

/** A moment by which something happens if nothing else does, and where it leads. */
export type ArmedMove = { name: string; at: EpochMs | null; move: Move | null };

/** What is armed, soonest first: the deadline of the state, and the lease. */
export const armedMoves = (
  snapshot: WorkspaceSnapshot,
  leaseEnd: EpochMs | null,
  now: EpochMs,
): ArmedMove[] => {
  const { deadline } = snapshot.context;
  const armed: ArmedMove[] = [];
  if (deadline !== null) {
    const move = moveOf(snapshot, { type: 'deadline.passed', deadline: deadline.name }, deadline.at);
    armed.push({ name: deadline.name, at: deadline.at, move });
  }
  if (snapshot.hasTag('leased')) {
    const move = moveOf(snapshot, { type: 'lease.expired', lastBeatAt: null }, leaseEnd ?? now);
    armed.push({ name: 'lease', at: leaseEnd, move });
  }
  return armed.toSorted((a, b) => (a.at ?? Infinity) - (b.at ?? Infinity));
};

/** Edges that may be taken next, as far as that is known without what is about to happen. */
export const possibleEdges = (
  snapshot: Parameters<typeof getNextTransitions>[0],
): { edge: string; event: string; target: string | null }[] =>
  snapshot.status !== 'active'
    ? []
    : getNextTransitions(snapshot).map((one) => ({
        edge: edgeIdOf(one),
        event: one.eventType,
        target: one.target?.[0] === undefined ? null : nodeIdOf(one.target[0]),
      }));

const selected = (
  snapshot: WorkspaceSnapshot,
  event: Parameters<typeof workspaceMachine.getTransitionData>[1],
): AnyTransitionDefinition[] => workspaceMachine.getTransitionData(snapshot, event);
