import { EMPTY_SPEC, type WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { checkSources } from './check-sources.ts';
import type { HttpContext } from './context.ts';
import { everyWorkspace } from './every-workspace.ts';
import { createIssues, type Issue } from './issues.ts';

/** What a new workspace would get from a template, and what would still be missing. Changes nothing. */
export const describeTemplate = async (
  context: HttpContext,
  name: string,
  { refresh }: { refresh: boolean },
) => {
  const { supervisor, loadTemplate } = context;
  const {
    description = null,
    version = null,
    file: _,
    misbehaves = [],
    ...defaults
  } = await loadTemplate(name);
  const spec: WorkspaceSpec = { ...EMPTY_SPEC, name, ...defaults };
  const secrets = supervisor.secrets(null).map((secret) => secret.name);
  return {
    description,
    version,
    runtime: spec.runtime,
    agent_runtime: spec.agentRuntime,
    command: spec.command,
    required_env: spec.requiredEnv,
    missing_env: spec.requiredEnv.filter((variable) => !spec.env[variable] && !secrets.includes(variable)),
    allow_plugins: spec.pluginAllow,
    plugins: await supervisor.plan(null, { spec, refresh }),
    misbehaves,
    problems: problemsOf(context, spec),
    workspaces: everyWorkspace(supervisor)
      .filter((view) => view.spec.template === name)
      .map((view) => view.spec.name),
  };
};

const problemsOf = (context: HttpContext, spec: WorkspaceSpec): Issue[] => {
  const issues = createIssues();
  checkSources(spec, context, issues);
  return issues.all();
};
