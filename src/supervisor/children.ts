import type { AnyActorRef, AnyMachineSnapshot } from 'xstate';
import { leafOf } from '../../machines/walk.ts';
import type { Entry } from './entry.ts';

/** A machine that a workspace has invoked. */
export type Child = { id: string; ref: AnyActorRef; snapshot: AnyMachineSnapshot; state: string };

/** The machines that a workspace has invoked and that are not done; its other effects have no states. */
export const childrenOf = (entry: Entry): Child[] =>
  Object.entries(entry.snapshot.children as Record<string, AnyActorRef | undefined>).flatMap(([id, ref]) => {
    const snapshot = ref?.getSnapshot() as AnyMachineSnapshot | undefined;
    if (ref === undefined || snapshot === undefined || !('value' in snapshot)) return [];
    return snapshot.status === 'active' ? [{ id, ref, snapshot, state: leafOf(snapshot.value) }] : [];
  });
