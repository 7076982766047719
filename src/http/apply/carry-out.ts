import { KeepwellError } from '../../errors.ts';
import type { Supervisor, WorkspaceView } from '../../supervisor/api.ts';
import { changeSpec } from '../change-spec.ts';
import type { HttpContext } from '../context.ts';
import type { Step } from './plan-apply.ts';

/** What became of a step. `done`: the workspace is as its document says, and that is on disk. */
export type Outcome = Step & {
  done: boolean;
  /** The workspace as it is afterwards; null when there is none, or it was not reached. */
  view: WorkspaceView | null;
  /** Of an external workspace that was created: shown this once. */
  authToken: string | null;
};

/**
 * Does one step after the other. A workspace that is refused costs no other one; when nothing can be written any more,
 * the rest is left alone. Doing the same again finishes it.
 */
export const carryOut = async (
  { supervisor, logger }: Pick<HttpContext, 'supervisor' | 'logger'>,
  steps: readonly Step[],
  { prune }: { prune: boolean },
): Promise<Outcome[]> => {
  const outcomes: Outcome[] = [];
  let isOver = false;
  for (const step of steps) {
    if (isOver) {
      outcomes.push(undone(step, 'It was not tried, since an earlier one failed.'));
      continue;
    }
    try {
      outcomes.push(await carryOutOne(supervisor, step, prune));
    } catch (error) {
      const known = error instanceof KeepwellError ? error : new KeepwellError('INTERNAL');
      if (known !== error && logger !== false) logger.error({ err: error }, 'an apply was cut short');
      outcomes.push(undone(step, `${known.message} ${known.hint}`));
      isOver = known.status >= 500;
    }
  }
  return outcomes;
};

const undone = (step: Step, problem: string): Outcome => ({
  ...step,
  change: { ...step.change, problem },
  done: false,
  view: null,
  authToken: null,
});

const carryOutOne = async (
  supervisor: Supervisor,
  { change, note, wanted }: Step,
  prune: boolean,
): Promise<Outcome> => {
  const step = { change, note, wanted };
  if (wanted === null) {
    // By id: whoever takes the name in the meantime is not meant.
    if (prune && change.id !== null) await supervisor.remove(change.id, { purge: false });
    return { ...step, done: prune, view: null, authToken: null };
  }
  const { secrets, revise } = wanted;
  if (change.id === null) {
    const { view, authToken } = await supervisor.create(revise(null), null, secrets);
    return { ...step, change: { ...change, id: view.id }, done: true, view, authToken };
  }
  // Before the spec: what that requires may be among them.
  const haveChanged = await changeSecrets(supervisor, change.id, secrets);
  // On top of what is there now: a change that came in between is not lost.
  const view = await changeSpec(supervisor, change.id, null, revise);
  const action = change.action === 'unchanged' && haveChanged ? 'update' : change.action;
  return { ...step, change: { ...change, action }, done: true, view, authToken: null };
};

const changeSecrets = async (
  supervisor: Supervisor,
  id: string,
  secrets: Readonly<Record<string, string>>,
): Promise<boolean> => {
  if (Object.keys(secrets).length === 0) return false;
  const before = JSON.stringify(supervisor.secrets(id));
  await supervisor.changeSecrets(id, secrets);
  return JSON.stringify(supervisor.secrets(id)) !== before;
};
