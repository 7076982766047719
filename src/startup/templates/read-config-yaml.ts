import type { FieldReaders } from './field-readers.ts';
import { DRIVERS, type Template } from './template.ts';
import { isMapping, type TemplateText } from './template-text.ts';
import { withoutUndefined } from './without-undefined.ts';

/**
 * Reads the form that agents themselves are configured with. Only what concerns the supervisor is read; the rest is
 * the agent's.
 *
 * Its `runtime` is what the agent is built on, unless it names a driver of ours. It says what must be set both at the
 * top and under `runtime_config`. What to run is not part of that form; a `command`, and `sidecar` and
 * `allow_plugins`, may be added.
 */
export const readConfigYaml = ({ fields, complain }: TemplateText, read: FieldReaders): Template => {
  const named = read.text('runtime');
  const driver = DRIVERS.find((name) => name === named);
  const nested = isMapping(fields.runtime_config) ? fields.runtime_config.required_env : undefined;
  const required = [
    read.requiredEnv(['required_env'], fields.required_env ?? undefined),
    read.requiredEnv(['runtime_config', 'required_env'], nested ?? undefined),
  ];
  if (fields.command !== undefined && Array.isArray(fields.command) && fields.command.length === 0) {
    complain(['command'], '`command` is empty');
  }
  return {
    file: 'config.yaml',
    description: read.text('description') ?? null,
    version: read.version() ?? null,
    ...withoutUndefined({
      tier: read.tier(),
      runtime: driver,
      agentRuntime: driver === undefined && named !== '' ? named : undefined,
      command: read.command(),
      sidecar: read.flag('sidecar'),
      image: driver === 'docker' ? read.text('image') : undefined,
      plugins: fields.plugins === null ? undefined : read.plugins(),
      requiredEnv: required.every((names) => names === undefined)
        ? undefined
        : [...new Set(required.flatMap((names) => names ?? []))],
      pluginAllow: read.allowPlugins(),
    }),
  };
};
