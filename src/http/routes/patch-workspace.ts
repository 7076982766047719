import type { WorkspaceSpec } from '../../../machines/workspace/spec.ts';
import type { HttpApp } from '../app.ts';
import { changeSpec } from '../change-spec.ts';
import type { HttpContext } from '../context.ts';
import { etagOf, parseIfMatch } from '../if-match.ts';
import { type Issue, invalid } from '../issues.ts';
import { applyMergePatch } from '../merge-patch.ts';
import { readWanted } from '../read-wanted.ts';
import { refuseSilentEmpty } from '../refuse-silent-empty.ts';
import { AnyJson } from '../schemas/nullable.ts';
import { IfMatch, WorkspaceParams } from '../schemas/params.ts';
import { SpecBody } from '../schemas/spec.ts';
import { WorkspaceDetail } from '../schemas/workspace.ts';
import { createValidator, unknownKey } from '../validate.ts';
import { policySchema } from '../wire/policy.ts';
import { parseSpec, specToWire } from '../wire/spec.ts';
import { detailOf } from '../wire/view.ts';

type Patch = Record<string, unknown>;

/** PATCH /workspaces/:id: a merge patch (RFC 7396) of the spec as the wire has it. */
export const patchWorkspaceRoute = (app: HttpApp, context: HttpContext): void => {
  const { supervisor, policyDefaults } = context;
  const validate = createValidator(SpecBody);

  const revise = (current: WorkspaceSpec, patch: Patch): WorkspaceSpec => {
    const patched = applyMergePatch(specToWire(current), patch) as SpecBody;
    const wrong = [...misspelt(patch), ...fixed(current, patched), ...(validate(patched) ?? [])];
    if (wrong.length > 0) throw invalid(withoutRepeats(wrong));
    const parsed = parseSpec(patched, { ...context, known: current.plugins });
    const revised = { ...parsed, applied: current.applied };
    refuseSilentEmpty(current, revised);
    return revised;
  };

  app.patch(
    '/workspaces/:id',
    {
      config: { auth: 'admin', errors: ['GENERATION_CONFLICT', 'STORE_UNWRITABLE', ...readWanted.errors] },
      schema: {
        summary: 'Changes what is wanted of a workspace',
        description:
          'A merge patch (RFC 7396) of `spec`. Name and runtime stay. What changes nothing does nothing.',
        tags: ['workspaces'],
        params: WorkspaceParams,
        headers: IfMatch,
        body: AnyJson<Patch>({ type: 'object', description: 'any part of `spec`; null removes' }),
        response: { 200: WorkspaceDetail },
      },
    },
    async (request, reply) => {
      const ifGeneration = parseIfMatch(request.headers['if-match']);
      const view = await changeSpec(supervisor, request.params.id, ifGeneration, (current) =>
        revise(current, request.body),
      );
      reply.header('etag', etagOf(view.generation));
      return detailOf(view, { showEnv: true, policyDefaults });
    },
  );
};

/** A patch that removes what does not exist would pass in silence: a misspelt key must not. */
const misspelt = (patch: Patch): Issue[] => {
  const policy = typeof patch.policy === 'object' && patch.policy !== null ? Object.keys(patch.policy) : [];
  const known = { top: Object.keys(SpecBody.properties), policy: Object.keys(policyProperties) };
  return [
    ...Object.keys(patch)
      .filter((key) => !known.top.includes(key))
      .map((key) => ({ path: key, message: unknownKey(key, known.top) })),
    ...policy
      .filter((key) => !known.policy.includes(key))
      .map((key) => ({ path: `policy.${key}`, message: unknownKey(key, known.policy) })),
  ];
};

const policyProperties = (policySchema as unknown as { properties: object }).properties;

const fixed = (current: WorkspaceSpec, patched: SpecBody): Issue[] => {
  const issues: Issue[] = [];
  const add = (path: string) =>
    issues.push({ path, message: 'cannot change; create another workspace and remove this one' });
  if (patched.name !== current.name) add('name');
  if (patched.runtime !== current.runtime) add('runtime');
  if (patched.external !== undefined && patched.external !== (current.runtime === 'external'))
    add('external');
  return issues;
};

const withoutRepeats = (issues: Issue[]): Issue[] =>
  issues.filter(({ path }, index) => issues.findIndex((each) => each.path === path) === index);
