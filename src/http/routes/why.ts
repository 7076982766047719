import { Type } from 'typebox';
import { PUBLIC_STATUSES } from '../../../machines/workspace/types.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { iso, Moment, Nullable, Words } from '../schemas/nullable.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { ReasonWire } from '../schemas/status.ts';

const WhyWire = Type.Object({
  text: Type.String({ description: 'for people' }),
  status: Words(PUBLIC_STATUSES),
  state: Type.String(),
  since: Moment,
  rule: Type.String({ description: 'what the state means' }),
  reason: ReasonWire,
  evidence: Nullable(
    Type.Object({
      seq: Type.Integer(),
      at: Moment,
      event: Type.String(),
      from: Nullable(Type.String()),
      to: Type.String(),
    }),
  ),
  next: Type.Array(
    Type.Object({ when: Nullable(Moment), event: Type.String(), to: Type.String(), text: Type.String() }),
  ),
  operator: Type.Array(Type.Object({ verb: Type.String(), command: Type.String(), text: Type.String() })),
});

/** GET /workspaces/:id/why: why a workspace is where it is, what moves it next, and what can be done. */
export const whyRoute = (app: HttpApp, { supervisor }: HttpContext): void => {
  app.get(
    '/workspaces/:id/why',
    {
      config: { auth: 'workspace' },
      schema: {
        summary: 'Explains the state of a workspace',
        tags: ['operating'],
        params: WorkspaceParams,
        response: { 200: WhyWire },
      },
    },
    (request) => {
      const why = supervisor.why(request.params.id);
      return {
        ...why,
        since: iso(why.since),
        evidence: why.evidence === null ? null : { ...why.evidence, at: iso(why.evidence.at) },
        next: why.next.map((step) => ({ ...step, when: iso(step.when) })),
      };
    },
  );
};
