import { KeepwellError } from '../../errors.ts';
import type { HttpApp } from '../app.ts';
import { carryOut, type Outcome } from '../apply/carry-out.ts';
import { planApply, type Step } from '../apply/plan-apply.ts';
import { connectionOf } from '../connection-of.ts';
import type { HttpContext } from '../context.ts';
import { readWanted } from '../read-wanted.ts';
import { Applied, ApplyBody } from '../schemas/apply.ts';
import { changeToWire } from '../wire/change.ts';

/** As a batch of beats: a fleet is written in one request. */
const BODY_BYTES = 4 * 1024 * 1024;

/** POST /apply: makes workspaces as their documents say, leaving alone what nobody wrote into a document. */
export const applyRoute = (app: HttpApp, context: HttpContext): void => {
  app.post(
    '/apply',
    {
      bodyLimit: BODY_BYTES,
      config: {
        auth: 'admin',
        errors: ['APPLY_CONFLICT', 'SECRET_NAME_INVALID', 'STORE_UNWRITABLE', ...readWanted.errors],
      },
      schema: {
        summary: 'Makes workspaces as documents say',
        description:
          'Three-way: what the last document applied to a workspace said and this one does not is taken away, what ' +
          'was added by hand stays unless `prune`, and what the document says wins. All is checked before anything ' +
          'is changed. An answer 207 says which workspaces could not be changed then; the same request finishes it.',
        tags: ['workspaces'],
        body: ApplyBody,
        response: { 200: Applied, 207: Applied },
      },
    },
    async (request, reply) => {
      const { set, prune = false, dry_run: isDry = false, documents } = request.body;
      const steps = await planApply(context, documents, { set, prune });
      if (!isDry) refuseConflicts(steps);
      const outcomes = isDry ? steps.map(planned) : await carryOut(context, steps, { prune });
      const items = outcomes.map((outcome) => ({
        ...changeToWire(outcome.change as never),
        action: outcome.change.action,
        generation: outcome.view?.generation ?? outcome.change.generation,
        note: outcome.note,
        done: outcome.done,
        connection:
          outcome.view === null || outcome.change.action !== 'create'
            ? null
            : connectionOf(outcome.view, outcome.authToken, request, context.publicUrl),
      }));
      // What no document describes any more may stay: that is no failure.
      const complete = outcomes.every(({ done, wanted }) => done || (wanted === null && !prune));
      if (!complete && !isDry) reply.code(207);
      return { set, dry_run: isDry, complete, items };
    },
  );
};

const planned = (step: Step): Outcome => ({
  ...step,
  done: step.change.action === 'unchanged' && step.change.restarts === 'no',
  view: null,
  authToken: null,
});

const refuseConflicts = (steps: readonly Step[]): void => {
  const conflicts = steps.flatMap(({ change: { action, name, problem } }, document) =>
    action === 'conflict' ? [{ path: `documents.${document}`, message: problem ?? '', document, name }] : [],
  );
  const [first] = conflicts;
  if (first === undefined) return;
  const more = conflicts.length === 1 ? '' : ` (and ${conflicts.length - 1} more)`;
  throw new KeepwellError('APPLY_CONFLICT', {
    message: `${first.name}: ${first.message}${more}`,
    details: conflicts,
  });
};
