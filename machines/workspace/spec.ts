import type { Policy } from './policy.ts';

/** How an instance is run. `external`: nothing is started; an agent elsewhere beats. */
export type RuntimeName = 'process' | 'external';

export type RestartPreference = 'never' | 'auto' | 'always';

/** One plugin as the operator declared it. `name` is unique within a workspace. */
export type PluginDeclaration = {
  name: string;
  /** Normal form: `local://name` or `git+…[//subpath]#ref`. */
  source: string;
  /** Expected tree hash, 64 lower-case hex digits. */
  sha256?: string;
  /** Overrides what the manifest says. Default `auto`. */
  restart?: RestartPreference;
  /** Handed to the plugin as it is; Keepwell does not read it. */
  config?: Record<string, unknown>;
};

/** What the operator wants of one workspace. Every change raises its `generation`. */
export type WorkspaceSpec = {
  name: string;
  role: string | null;
  /** 1 (least trusted) to 3. */
  tier: number;
  template: string | null;
  runtime: RuntimeName;
  /** Program and arguments; empty for `external`. */
  command: string[];
  /** Runs the command under `keepwell agent`, which beats for it. */
  sidecar: boolean;
  env: Record<string, string>;
  /** Where the agent can be reached, if it says so. */
  url: string | null;
  plugins: PluginDeclaration[];
  /** Lets an empty `plugins` remove every installed plugin. */
  allowEmpty: boolean;
  /** What differs from the defaults. */
  policy: Partial<Policy>;
};
