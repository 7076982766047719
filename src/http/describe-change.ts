import type { PlanEntry } from '../../machines/reconcile/outcome.ts';
import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import type { Supervisor, WorkspaceView } from '../supervisor/api.ts';
import { type Difference, diffSpecs } from './diff-specs.ts';
import { type Restarts, wouldRestart } from './would-restart.ts';

/** What making a workspace as wanted comes to. `plugins` are those that are not simply kept. */
export type Change = {
  action: 'create' | 'update' | 'unchanged' | 'conflict';
  name: string;
  id: string | null;
  generation: number | null;
  changes: Difference[];
  plugins: PlanEntry[];
  restarts: Restarts['restarts'];
  restartWhy: string | null;
  problem: string | null;
};

/** Compares what is there, if anything, with what is wanted. Changes nothing. */
export const describeChange = async (
  supervisor: Pick<Supervisor, 'plan'>,
  view: WorkspaceView | null,
  wanted: WorkspaceSpec,
): Promise<Change> => {
  const { name } = wanted;
  const base = { name, changes: [], plugins: [], restarts: 'no' as const, restartWhy: null, problem: null };
  if (view === null) {
    const plugins = toDo(await supervisor.plan(null, { spec: wanted }));
    return { ...base, action: 'create', id: null, generation: null, plugins };
  }
  const found = { ...base, id: view.id, generation: view.generation };
  const changes = diffSpecs(view.spec, wanted);
  if (changes.length === 0) return { ...found, action: 'unchanged' };
  if (view.spec.runtime !== wanted.runtime) {
    const problem = 'The runtime of a workspace cannot change; remove it and create it anew.';
    return { ...found, action: 'conflict', changes, problem };
  }
  const plugins = toDo(await supervisor.plan(view.id, { spec: wanted }));
  const { restarts, why } = wouldRestart(view, wanted, plugins);
  return { ...found, action: 'update', changes, plugins, restarts, restartWhy: why };
};

const toDo = (plan: PlanEntry[]): PlanEntry[] => plan.filter(({ action }) => action !== 'keep');
