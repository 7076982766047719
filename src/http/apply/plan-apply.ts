import type { WorkspaceView } from '../../supervisor/api.ts';
import type { HttpContext } from '../context.ts';
import { type Change, describeChange } from '../describe-change.ts';
import { everyWorkspace } from '../every-workspace.ts';
import { withSecrets } from './plan-secrets.ts';
import { type ApplyOptions, readDocuments, type Wanted } from './read-documents.ts';

/** One workspace of an apply. `wanted` is null for one that no document describes any more. */
export type Step = {
  change: Omit<Change, 'action'> & { action: Change['action'] | 'remove' };
  /** What is worth knowing beside the change. */
  note: string | null;
  wanted: Wanted | null;
};

/**
 * What applying these documents as that set would do: each document in turn, then what the set has no document for
 * any more. Changes nothing.
 *
 * @throws as `readDocuments`
 */
export const planApply = async (
  context: HttpContext,
  documents: readonly unknown[],
  options: ApplyOptions,
): Promise<Step[]> => {
  const { supervisor } = context;
  const wanted = await readDocuments(context, documents, options);
  const steps: Step[] = [];
  for (const each of wanted) {
    const { view, revise, secrets } = each;
    const change = await describeChange(supervisor, view, revise(view?.spec ?? null));
    steps.push({
      change: withSecrets(supervisor, change, secrets),
      note: noteOf(view, options.set),
      wanted: each,
    });
  }
  const described = new Set(wanted.map(({ spec }) => spec.name));
  const orphans = everyWorkspace(supervisor).filter(
    ({ spec }) => spec.applied?.set === options.set && !described.has(spec.name),
  );
  return [...steps, ...orphans.map((view) => removalOf(view, options))];
};

const noteOf = (view: WorkspaceView | null, set: string): string | null => {
  if (view === null) return null;
  const { applied } = view.spec;
  if (applied === null) return 'it was made by hand and is adopted';
  return applied.set === set ? null : `it is taken over from the set \`${applied.set}\``;
};

const removalOf = (view: WorkspaceView, { prune }: ApplyOptions): Step => {
  const { id, generation, spec, state } = view;
  const stops = spec.runtime !== 'external' && state.startsWith('wanted.');
  const change: Step['change'] = {
    action: 'remove',
    name: spec.name,
    id,
    generation,
    changes: [],
    plugins: [],
    restarts: 'no',
    restartWhy: stops ? 'its agent is stopped for good' : null,
    problem: null,
  };
  return prune
    ? { change, note: 'no document describes it any more; its files stay', wanted: null }
    : { change, note: 'no document describes it any more; it is removed only with `prune`', wanted: null };
};
