import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import type { Issues } from './issues.ts';
import type { HttpOptions } from './options.ts';

/** Every declared plugin that the workspace itself does not allow is an issue of its own. */
export const checkSources = (
  { plugins, pluginAllow }: Pick<WorkspaceSpec, 'plugins' | 'pluginAllow'>,
  { checkAllowed }: Pick<HttpOptions, 'checkAllowed'>,
  issues: Issues,
): void => {
  if (pluginAllow === null) return;
  for (const { name, source } of plugins) {
    issues.attempt(`plugins.${name}`, () => checkAllowed(source, pluginAllow));
  }
};
