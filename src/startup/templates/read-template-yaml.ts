import { closest } from '../../closest.ts';
import type { FieldReaders } from './field-readers.ts';
import type { Template } from './template.ts';
import type { TemplateText } from './template-text.ts';
import { withoutUndefined } from './without-undefined.ts';

const KNOWN = [
  'description',
  'role',
  'tier',
  'runtime',
  'command',
  'sidecar',
  'image',
  'env',
  'plugins',
  'required_env',
  'agent_runtime',
  'allow_plugins',
  'policy',
  'schedule',
  'idle_after',
  'version',
  'misbehaves',
];

/** Reads the form of our own, in which a field that is not known is a mistake. */
export const readTemplateYaml = ({ fields, complain }: TemplateText, read: FieldReaders): Template => {
  for (const field of Object.keys(fields)) {
    if (KNOWN.includes(field)) continue;
    const meant = closest(field.slice(0, 64), KNOWN);
    const guess = meant === null ? '' : `; did you mean \`${meant}\`?`;
    complain([field], `\`${field}\` is not known here${guess}`);
  }
  return {
    file: 'template.yaml',
    description: read.text('description') ?? null,
    version: read.version() ?? null,
    ...withoutUndefined({
      role: read.text('role'),
      tier: read.tier(),
      runtime: read.runtime(),
      command: read.command(),
      sidecar: read.flag('sidecar'),
      image: read.text('image'),
      env: read.env(),
      plugins: read.plugins(),
      requiredEnv: read.requiredEnv(['required_env'], fields.required_env),
      agentRuntime: read.text('agent_runtime'),
      pluginAllow: read.allowPlugins(),
      policy: read.policy(),
      schedule: read.schedule(),
      idleAfter: read.idleAfter(),
      misbehaves: read.misbehaves(),
    }),
  };
};
