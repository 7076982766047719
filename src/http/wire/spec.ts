import { isDeepStrictEqual } from 'node:util';
import type { Policy } from '../../../machines/workspace/policy.ts';
import type { PluginDeclaration, RuntimeName, WorkspaceSpec } from '../../../machines/workspace/spec.ts';
import { idleAfterText } from '../../idle-after.ts';
import { type ScheduledSpec, scheduleOf } from '../../schedule.ts';
import { checkSources } from '../check-sources.ts';
import { createIssues, type Issues } from '../issues.ts';
import type { HttpOptions, TemplateDefaults } from '../options.ts';
import type { PluginObject } from '../schemas/plugins.ts';
import type { SpecBody, SpecWire } from '../schemas/spec.ts';
import { checkContainer, containerToWire, parseContainer } from './container.ts';
import { parseIdleAfter } from './idle-after.ts';
import { parsePolicy, policyToWire } from './policy.ts';
import { parseSchedule } from './schedule.ts';

/** A spec as people may send it back. What was applied, and in which set, is nobody's business but that of `apply`. */
export const specToWire = (spec: ScheduledSpec): SpecWire & { env: Record<string, string> } => ({
  name: spec.name,
  role: spec.role,
  tier: spec.tier,
  template: spec.template,
  runtime: spec.runtime,
  command: spec.command,
  sidecar: spec.sidecar,
  image: spec.image,
  container: containerToWire(spec.container),
  env: spec.env,
  required_env: spec.requiredEnv,
  agent_runtime: spec.agentRuntime,
  url: spec.url,
  plugins: spec.plugins,
  allow_plugins: spec.pluginAllow,
  schedule: scheduleOf(spec),
  idle_after: spec.idleAfter === undefined ? null : idleAfterText(spec.idleAfter),
  allow_empty: spec.allowEmpty,
  policy: policyToWire(spec.policy),
});

/** What reading a spec needs besides the text. `known` declarations that come back unchanged are not read again. */
export type SpecReader = Pick<HttpOptions, 'parseDeclaration' | 'policyDefaults' | 'checkAllowed'> & {
  template?: TemplateDefaults;
  known?: readonly PluginDeclaration[];
};

/**
 * Turns a body whose form is right into a spec: what the body says, then what the template says, then the defaults.
 *
 * @throws with every problem in `details`: `BAD_REQUEST`, `BAD_DURATION`, `RUNTIME_UNAVAILABLE`, `COMMAND_MISSING`,
 * `PLUGIN_…`
 */
export const parseSpec = (body: SpecBody, reader: SpecReader): ScheduledSpec => {
  const { template = {} } = reader;
  const issues = createIssues();
  const runtime = parseRuntime(body, template.runtime ?? 'process', issues);
  const isExternal = runtime === 'external';
  const isDocker = runtime === 'docker';
  const schedule = parseSchedule(body, template, issues);
  const idleAfter = parseIdleAfter(body, template, isExternal, issues);
  const spec: ScheduledSpec = {
    name: body.name,
    role: body.role === undefined ? (template.role ?? null) : body.role,
    tier: body.tier ?? template.tier ?? 1,
    template: body.template ?? null,
    runtime,
    command: body.command ?? (isExternal ? [] : (template.command ?? [])),
    sidecar: body.sidecar ?? (isExternal ? false : (template.sidecar ?? false)),
    image: body.image === undefined && isDocker ? (template.image ?? null) : (body.image ?? null),
    container: parseContainer(body.container ?? {}),
    env: { ...template.env, ...body.env },
    requiredEnv: [...new Set(body.required_env ?? template.requiredEnv ?? [])],
    agentRuntime: body.agent_runtime === undefined ? (template.agentRuntime ?? null) : body.agent_runtime,
    url: body.url === undefined ? (template.url ?? null) : body.url || null,
    plugins: joinByName(template.plugins ?? [], parsePlugins(body.plugins ?? [], reader, issues)),
    allowEmpty: body.allow_empty ?? template.allowEmpty ?? false,
    pluginAllow: body.allow_plugins === undefined ? (template.pluginAllow ?? null) : body.allow_plugins,
    ...(schedule === null ? {} : { schedule }),
    ...(idleAfter === null ? {} : { idleAfter }),
    applied: null,
    policy: parseOwnPolicy(body, template, reader, issues),
  };
  checkCommand(spec, template, issues);
  checkContainer(spec, issues);
  checkSources(spec, reader, issues);
  if (spec.url !== null && !isWebAddress(spec.url)) issues.add('url', 'must be an http or https address');
  issues.throwIfAny();
  return spec;
};

/** Reads plugins as they are declared; the same name twice is a problem too. */
export const parsePlugins = (
  inputs: readonly (string | PluginObject)[],
  { parseDeclaration, known = [] }: Pick<SpecReader, 'parseDeclaration' | 'known'>,
  issues: Issues,
): PluginDeclaration[] => {
  const declared: PluginDeclaration[] = [];
  for (const [index, input] of inputs.entries()) {
    const unchanged = known.find((each) => isDeepStrictEqual(each, input));
    const declaration = unchanged ?? issues.attempt(`plugins.${index}`, () => parseDeclaration(input));
    if (declaration === null) continue;
    if (declared.some(({ name }) => name === declaration.name)) {
      issues.add(`plugins.${index}`, `declares \`${declaration.name}\` a second time`, 'PLUGIN_DUPLICATE');
    } else {
      declared.push(declaration);
    }
  }
  return declared;
};

const parseRuntime = (body: SpecBody, fallback: RuntimeName, issues: Issues): RuntimeName => {
  const named =
    body.runtime ?? (body.external === undefined ? fallback : body.external ? 'external' : 'process');
  if (named !== 'process' && named !== 'docker' && named !== 'external') {
    issues.add('runtime', 'must be `process`, `docker` or `external`', 'RUNTIME_UNAVAILABLE');
    return 'process';
  }
  if (body.external !== undefined && body.external !== (named === 'external')) {
    issues.add('external', `contradicts runtime \`${named}\``);
  }
  return named;
};

const checkCommand = (
  { runtime, command, sidecar, template: name }: WorkspaceSpec,
  { file }: TemplateDefaults,
  issues: Issues,
) => {
  if (runtime === 'process' && !command[0]) {
    if (file === undefined) issues.add('command', 'is required for runtime `process`');
    else {
      const where = `the template ${name} does not say what to run; give one in the request, or add \`command:\` to its ${file}`;
      issues.add('command', `is missing: ${where}`, 'COMMAND_MISSING');
    }
  }
  if (runtime === 'external' && command.length > 0)
    issues.add('command', 'has no meaning for runtime `external`');
  if (runtime !== 'process' && sidecar) issues.add('sidecar', `has no meaning for runtime \`${runtime}\``);
};

const parseOwnPolicy = (
  body: SpecBody,
  template: TemplateDefaults,
  { policyDefaults }: SpecReader,
  issues: Issues,
): Partial<Policy> => ({
  ...template.policy,
  ...parsePolicy(body.policy ?? {}, { ...policyDefaults, ...template.policy }, issues),
});

const joinByName = (under: PluginDeclaration[], over: PluginDeclaration[]): PluginDeclaration[] => [
  ...under.filter(({ name }) => !over.some((each) => each.name === name)),
  ...over,
];

const isWebAddress = (url: string): boolean => /^https?:\/\//i.test(url) && URL.canParse(url);
