import type { PluginDeclaration, RuntimeName, WorkspaceSpec } from '../../../machines/workspace/spec.ts';
import type { IdleAfter } from '../../idle-after.ts';
import type { Schedule } from '../../schedule.ts';

type Defaults = Pick<
  WorkspaceSpec,
  | 'role'
  | 'tier'
  | 'runtime'
  | 'command'
  | 'sidecar'
  | 'image'
  | 'env'
  | 'plugins'
  | 'requiredEnv'
  | 'agentRuntime'
  | 'pluginAllow'
  | 'policy'
>;

/** What a template says about the workspaces made from it. */
export type Template = Partial<Defaults & { schedule: Schedule; idleAfter: IdleAfter }> & {
  description: string | null;
  version: string | null;
  /** Words by which its agent can be told to misbehave, for trying out what happens then. */
  misbehaves?: string[];
  /** The file that says it. */
  file: 'template.yaml' | 'config.yaml';
};

/** How parts of a template are read that others know how to read. Each throws a `KeepwellError`. */
export type PartReaders = {
  parseDeclaration: (input: unknown) => PluginDeclaration;
  /** `details` lists what is wrong as `path` (like `policy.offline_after`) and `message`. */
  readPolicy: (policy: Record<string, unknown>) => WorkspaceSpec['policy'];
};

/** The drivers of ours: in a `config.yaml`, any other `runtime` is what the agent is built on. */
export const DRIVERS: readonly RuntimeName[] = ['process', 'docker', 'external'];
