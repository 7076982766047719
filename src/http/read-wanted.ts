import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import type { ErrorCode } from '../errors.ts';
import type { HttpOptions } from './options.ts';
import type { SpecBody } from './schemas/spec.ts';
import { parseSpec } from './wire/spec.ts';

/** The spec that a document asks for, with the template it names underneath. */
export const readWanted = async (options: HttpOptions, body: SpecBody): Promise<WorkspaceSpec> => {
  const template = body.template ? await options.loadTemplate(body.template) : {};
  return parseSpec(body, { ...options, template });
};

readWanted.errors = [
  'TEMPLATE_NOT_FOUND',
  'TEMPLATE_INVALID',
  'BAD_DURATION',
  'RUNTIME_UNAVAILABLE',
  'COMMAND_MISSING',
  'PLUGIN_SOURCE_INVALID',
  'PLUGIN_SOURCE_CREDENTIALS',
  'PLUGIN_NAME_INVALID',
  'PLUGIN_DUPLICATE',
  'PLUGIN_UNPINNED',
  'PLUGIN_NOT_ALLOWED',
] as const satisfies ErrorCode[];
