import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import type { ErrorCode } from '../errors.ts';
import type { HttpOptions } from './options.ts';
import type { SpecBody } from './schemas/spec.ts';
import { parseSpec } from './wire/spec.ts';

/** The spec that a document asks for, with the template it names underneath. */
export const readWanted = async (
  { loadTemplate, parseDeclaration, policyDefaults }: HttpOptions,
  body: SpecBody,
): Promise<WorkspaceSpec> => {
  const template = body.template ? await loadTemplate(body.template) : {};
  return parseSpec(body, { parseDeclaration, policyDefaults, template });
};

readWanted.errors = [
  'TEMPLATE_NOT_FOUND',
  'TEMPLATE_INVALID',
  'BAD_DURATION',
  'RUNTIME_UNAVAILABLE',
  'PLUGIN_SOURCE_INVALID',
  'PLUGIN_SOURCE_CREDENTIALS',
  'PLUGIN_NAME_INVALID',
  'PLUGIN_DUPLICATE',
  'PLUGIN_UNPINNED',
] as const satisfies ErrorCode[];
