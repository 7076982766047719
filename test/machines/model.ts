/** Every state the workspace machine can reach and every event it can meet there, found by walking the machine itself. */
import type { SnapshotFrom } from 'xstate';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
import { casesIn } from '../../src/testing/paths/cases-in.ts';
import { createStepper } from '../../src/testing/paths/stepper.ts';
import { WORKSPACE_STARTS, WORKSPACE_WORLD, workspaceKey } from '../../src/testing/paths/workspace-cases.ts';

export type Snapshot = SnapshotFrom<typeof workspaceMachine>;
export type ModelEvent = { type: string } & Record<string, unknown>;
export type Edge = { from: string; event: ModelEvent; title: string; to: string; moved: boolean };
/** `path` leads here from the beginning and is a shortest one. */
export type Node = { key: string; snapshot: Snapshot; path: Edge[] };
export type Model = { nodes: Map<string, Node>; edges: Edge[] };

export { BEATS, workspaceKey as keyOf } from '../../src/testing/paths/workspace-cases.ts';

/** What may happen in a state: everything that any part of the supervisor could send there. */
export const eventsIn = (snapshot: Snapshot): ModelEvent[] =>
  casesIn(snapshot, WORKSPACE_WORLD).map(({ event, title }) => ({ ...event, title }));

const stepper = createStepper(workspaceMachine);

export const initialSnapshot = (owned: boolean): Snapshot =>
  stepper.begin(WORKSPACE_STARTS[owned ? 0 : 1] as (typeof WORKSPACE_STARTS)[number]).snapshot as Snapshot;

/** Children do not run here: an invoked actor answers through events, as the walk decides. */
export const next = (snapshot: Snapshot, event: ModelEvent): Snapshot =>
  stepper.take(snapshot, event).snapshot as Snapshot;

/** Walks the machine breadth first, for a workspace of ours and then for an external one. */
export const exploreMachine = ({
  limit = 20_000,
  follows = () => true,
}: {
  limit?: number;
  /** Which events are followed, and so lead on. */
  follows?: (snapshot: Snapshot, event: ModelEvent) => boolean;
} = {}): Model => {
  const nodes = new Map<string, Node>();
  const edges: Edge[] = [];
  const queue: Node[] = [];
  const visit = (node: Node) => {
    if (nodes.has(node.key)) return;
    if (nodes.size >= limit)
      throw new Error(`more than ${limit} states: something in the key grows without bound`);
    nodes.set(node.key, node);
    queue.push(node);
  };
  for (const owned of [true, false]) {
    const snapshot = initialSnapshot(owned);
    visit({ key: workspaceKey(snapshot), snapshot, path: [] });
  }
  for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
    if (node.snapshot.status === 'done') continue;
    for (const event of eventsIn(node.snapshot)) {
      if (!follows(node.snapshot, event)) continue;
      const snapshot = next(node.snapshot, event);
      const key = workspaceKey(snapshot);
      const edge = {
        from: node.key,
        event,
        title: String(event.title),
        to: key,
        moved: snapshot !== node.snapshot,
      };
      edges.push(edge);
      visit({ key, snapshot, path: [...node.path, edge] });
    }
  }
  return { nodes, edges };
};

export const leafOfKey = (key: string): string => key.split(' | ')[0] as string;
