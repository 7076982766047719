import { Type } from 'typebox';
import { KeepwellError } from '../../errors.ts';
import type { Supervisor, WorkspaceView } from '../../supervisor/api.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { diffSpecs } from '../diff-specs.ts';
import { makeMergePatch } from '../merge-patch.ts';
import { readWanted } from '../read-wanted.ts';
import { refuseSilentEmpty } from '../refuse-silent-empty.ts';
import { AnyJson, Nullable, Words } from '../schemas/nullable.ts';
import { SpecBody } from '../schemas/spec.ts';
import { specToWire } from '../wire/spec.ts';
import { wouldRestart } from '../would-restart.ts';

const Plan = Type.Object({
  action: Words(['create', 'update', 'unchanged', 'conflict']),
  name: Type.String(),
  id: Nullable(Type.String()),
  generation: Nullable(Type.Integer({ description: 'to send as If-Match with the patch' })),
  changes: Type.Array(Type.Object({ path: Type.String(), from: AnyJson(), to: AnyJson() })),
  patch: AnyJson<Record<string, unknown>>({
    type: 'object',
    additionalProperties: true,
    description: 'the merge patch that does it; empty for `create`, which takes the document itself',
  }),
  restarts: Words(['yes', 'possibly', 'no'], {
    description: '`possibly`: it depends on what the plugins hold',
  }),
  problem: Nullable(Type.String({ description: 'why it cannot be done, for `conflict`' })),
});

/** POST /plan: what applying a document would do. Changes nothing. */
export const planRoute = (app: HttpApp, context: HttpContext): void => {
  app.post(
    '/plan',
    {
      config: { auth: 'admin', errors: readWanted.errors },
      schema: {
        summary: 'Says what applying a workspace document would do',
        description:
          'The body is that of POST /workspaces. To apply: `create` is POST /workspaces with the same document, ' +
          '`update` is PATCH /workspaces/:id with `patch` and `If-Match: <generation>`.',
        tags: ['workspaces'],
        body: SpecBody,
        response: { 200: Plan },
      },
    },
    async (request) => {
      const wanted = await readWanted(context, request.body);
      const view = findByName(context.supervisor, wanted.name);
      const base = { name: wanted.name, id: null, generation: null, changes: [], patch: {}, problem: null };
      if (view === null) return { ...base, action: 'create' as const, restarts: 'no' as const };
      const found = { ...base, id: view.id, generation: view.generation };
      const changes = diffSpecs(view.spec, wanted);
      if (changes.length === 0) return { ...found, action: 'unchanged' as const, restarts: 'no' as const };
      if (view.spec.runtime !== wanted.runtime) {
        const problem = 'The runtime of a workspace cannot change; remove it and create it anew.';
        return { ...found, action: 'conflict' as const, changes, restarts: 'no' as const, problem };
      }
      refuseSilentEmpty(view.spec, wanted);
      const patch = makeMergePatch(specToWire(view.spec), specToWire(wanted));
      return { ...found, action: 'update' as const, changes, patch, restarts: wouldRestart(view, wanted) };
    },
  );
};

const findByName = (supervisor: Supervisor, name: string): WorkspaceView | null => {
  try {
    const view = supervisor.view(name);
    return view.spec.name === name ? view : null;
  } catch (error) {
    if (error instanceof KeepwellError && error.code === 'WORKSPACE_NOT_FOUND') return null;
    throw error;
  }
};
