import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { describeChange } from '../describe-change.ts';
import { findByName } from '../find-by-name.ts';
import { makeMergePatch } from '../merge-patch.ts';
import { readWanted } from '../read-wanted.ts';
import { refuseSilentEmpty } from '../refuse-silent-empty.ts';
import { PlanWire } from '../schemas/apply.ts';
import { DocumentBody } from '../schemas/spec.ts';
import { changeToWire } from '../wire/change.ts';
import { specToWire } from '../wire/spec.ts';

/** POST /plan: what making one workspace exactly as a document says would do. Changes nothing. */
export const planRoute = (app: HttpApp, context: HttpContext): void => {
  app.post(
    '/plan',
    {
      config: { auth: 'admin', errors: readWanted.errors },
      schema: {
        summary: 'Says what making a workspace as one document says would do',
        description:
          'The body is that of POST /workspaces. To do it: `create` is POST /workspaces with the same document, ' +
          '`update` is PATCH /workspaces/:id with `patch` and `If-Match: <generation>`. POST /apply with `dry_run` ' +
          'plans many documents, and leaves what was added by hand.',
        tags: ['workspaces'],
        body: DocumentBody,
        response: { 200: PlanWire },
      },
    },
    async (request) => {
      const { secrets: _, ...body } = request.body;
      const wanted = await readWanted(context, body);
      const view = findByName(context.supervisor, wanted.name);
      const change = await describeChange(context.supervisor, view, wanted);
      const isUpdate = view !== null && change.action === 'update';
      if (isUpdate) refuseSilentEmpty(view.spec, wanted);
      const patch = isUpdate ? makeMergePatch(specToWire(view.spec), specToWire(wanted)) : {};
      return { ...changeToWire(change), patch };
    },
  );
};
