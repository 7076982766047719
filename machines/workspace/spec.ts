import type { ContainerWishes } from './container.ts';
import type { Policy } from './policy.ts';

/** How an instance is run. `external`: nothing is started; an agent elsewhere beats. */
export type RuntimeName = 'process' | 'docker' | 'external';

export type RestartPreference = 'never' | 'auto' | 'always';

/** What happens when a reference stands for something newer: `auto` installs it, `manual` waits for an operator. */
export type Tracking = 'manual' | 'auto';

/** One plugin as the operator declared it. `name` is unique within a workspace. */
export type PluginDeclaration = {
  name: string;
  /** Normal form, e.g. `local://name` or `github://owner/repo/path#ref`. */
  source: string;
  /** Expected tree hash, or hash of `plugin.yaml`; 64 lower-case hex digits. */
  sha256?: string;
  /** Overrides what the manifest says. Default `auto`. */
  restart?: RestartPreference;
  /** Default `manual`. */
  track?: Tracking;
  /** Handed to the plugin as it is; Keepwell does not read it. */
  config?: Record<string, unknown>;
};

/** The last document applied to a workspace, without secrets: what it no longer says is what it removed. */
export type Applied = { set: string; document: Record<string, unknown> };

/** What the operator wants of one workspace. Every change raises its `generation`. */
export type WorkspaceSpec = {
  name: string;
  role: string | null;
  /** 1 (least trusted) to 3. */
  tier: number;
  template: string | null;
  runtime: RuntimeName;
  /** Program and arguments; empty for `external`, and for `docker` where the image says what it runs. */
  command: string[];
  /** Runs the command under `keepwell agent`, which beats for it. */
  sidecar: boolean;
  /** What a container is made of; null for other runtimes. */
  image: string | null;
  /** Empty for other runtimes. */
  container: ContainerWishes;
  env: Record<string, string>;
  /** Names that `env` or a secret must provide before an instance is started. */
  requiredEnv: string[];
  /** What the agent itself is built on, e.g. `claude-code`; plugins may say which they suit. Null: not said. */
  agentRuntime: string | null;
  /** Where the agent can be reached, if it says so. */
  url: string | null;
  plugins: PluginDeclaration[];
  /** Lets an empty `plugins` remove every installed plugin. */
  allowEmpty: boolean;
  /** Patterns of which a plugin's source must match one; null allows what the installation allows. */
  pluginAllow: string[] | null;
  /** What was last applied from files, and as part of which set; null when nothing was. */
  applied: Applied | null;
  /** What differs from the defaults. */
  policy: Partial<Policy>;
};

/** What every spec says that says nothing else; also what older specs are completed with. */
export const EMPTY_SPEC: Omit<WorkspaceSpec, 'name'> = {
  role: null,
  tier: 1,
  template: null,
  runtime: 'process',
  command: [],
  sidecar: false,
  image: null,
  container: {},
  env: {},
  requiredEnv: [],
  agentRuntime: null,
  url: null,
  plugins: [],
  allowEmpty: false,
  pluginAllow: null,
  applied: null,
  policy: {},
};

/** What is declared for each plugin beside its source, by name; plugins without a configuration are not in it. */
export const pluginConfigs = ({ plugins }: Pick<WorkspaceSpec, 'plugins'>): Record<string, object> =>
  Object.fromEntries(plugins.flatMap(({ name, config }) => (config === undefined ? [] : [[name, config]])));
