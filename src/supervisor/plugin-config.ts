import { pluginConfigs, type WorkspaceSpec } from '../../machines/workspace/spec.ts';

/**
 * How an agent is told: as JSON in `KEEPWELL_PLUGIN_CONFIG`, and not at all when there is nothing to tell.
 *
 * Not a file among the plugins: those are what their hash says, and nothing else.
 */
export const pluginConfigEnv = (spec: Pick<WorkspaceSpec, 'plugins'>): Record<string, string> => {
  const configs = pluginConfigs(spec);
  return Object.keys(configs).length === 0 ? {} : { KEEPWELL_PLUGIN_CONFIG: JSON.stringify(configs) };
};
