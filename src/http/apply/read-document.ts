import type { WorkspaceSpec } from '../../../machines/workspace/spec.ts';
import type { HttpOptions } from '../options.ts';
import type { DocumentBody } from '../schemas/spec.ts';
import { parseSpec, specToWire } from '../wire/spec.ts';

/** A complete spec as the wire has it. */
export type FullSpec = ReturnType<typeof specToWire>;

/** What a document says, with what its template says underneath, and nothing that neither of them mentions. */
export type Said = Partial<FullSpec> & Pick<FullSpec, 'name' | 'runtime'>;

export type ReadDocument = { said: Said; spec: WorkspaceSpec; secrets: Record<string, string> };

/**
 * Reads a document whose form is right. What it says holds no secret, and stays what it is when the template changes.
 *
 * @throws as `parseSpec`, `TEMPLATE_NOT_FOUND`, `TEMPLATE_INVALID`
 */
export const readDocument = async (options: HttpOptions, document: DocumentBody): Promise<ReadDocument> => {
  const { secrets = {}, ...body } = document;
  const template = body.template ? await options.loadTemplate(body.template) : {};
  const spec = parseSpec(body, { ...options, template });
  const full = specToWire(spec);
  const mentioned = new Set<string>([
    'name',
    // Without a word about it, a workspace is one that we run: another kind cannot become it.
    'runtime',
    ...Object.keys(body),
    ...Object.keys(template).map((key) => WIRE_NAMES[key] ?? key),
  ]);
  const said = Object.fromEntries(Object.entries(full).filter(([key]) => mentioned.has(key))) as Said;
  return { said, spec, secrets };
};

/** Where the wire has another word than a spec. */
const WIRE_NAMES: Record<string, string> = {
  requiredEnv: 'required_env',
  agentRuntime: 'agent_runtime',
  allowEmpty: 'allow_empty',
  pluginAllow: 'allow_plugins',
};
