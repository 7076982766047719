/** The only reader of the environment: what was asked for by flag, environment or `keepwell.yaml`, checked once. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Policy } from '../machines/workspace/policy.ts';
import {
  type ConfigProblem,
  type Environment,
  type Origin,
  quietly,
  type ReadFile,
  readConfigFile,
  readGitTokens,
  readSetting,
  type Sources,
  unknownNames,
} from './config-sources.ts';
import { KeepwellError } from './errors.ts';
import { dataFolders } from './folders.ts';
import { ALL_SETTINGS, POLICY_SETTINGS, policyKey, SETTINGS, type Setting } from './settings.ts';

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;
type Durations =
  | 'beat_interval'
  | 'plugin_fetch_within'
  | 'plugin_check_every'
  | 'silence_hold'
  | 'notify_retry'
  | 'plugin_cache_keep';
type Field<K extends string> = K extends Durations ? `${Camel<K>}Ms` : Camel<K>;
type Value<S> = S extends { kind: { parse(raw: unknown): infer T }; fallback: infer F }
  ? T | Extract<F, null>
  : never;

/** One setting as `config show` prints it; `value` is already masked where it is secret. */
type ShownSetting = { key: string; value: string; origin: Origin; doc: string };

/** Durations are in milliseconds and say so (`beatIntervalMs`); `policy` holds the defaults for workspaces. */
export type Config = { [K in keyof typeof SETTINGS as Field<K>]: Value<(typeof SETTINGS)[K]> } & {
  policy: Policy;
  /** Tokens for git hosts, by the name that `gitTokenName` gives a host. Never shown. */
  gitTokens: Record<string, string>;
  /** The standard variables that ask for traces; none where nothing does. `named`: they also say what the service is. */
  traces: { variables: string[]; named: boolean };
  shown: ShownSetting[];
};

/** Every setting by its name in `keepwell.yaml`, in the order in which people should read them. */
export const listSettings = (): { key: string; setting: Setting<unknown>; isPolicy: boolean }[] =>
  [...ALL_SETTINGS].map(([key, setting]) => ({ key, setting, isPolicy: !Object.hasOwn(SETTINGS, key) }));

/**
 * Reads the configuration: flag over environment over `<data>/keepwell.yaml` over default.
 *
 * A secret may come from a file (`KEEPWELL_ADMIN_TOKEN_FILE`, `admin_token_file`). An empty variable counts as unset.
 *
 * @throws {KeepwellError} `CONFIG_INVALID`; `details` lists every problem at once: unknown names with the nearest
 * known one, values that cannot be read, and settings that contradict each other.
 */
export const loadConfig = ({
  flags = {},
  env = process.env,
  readFile = readText,
}: Partial<Sources> = {}): Config => {
  const problems: ConfigProblem[] = unknownNames(flags, env);
  const values = new Map<string, unknown>();
  const shown: ShownSetting[] = [];
  let file: Record<string, unknown> = {};
  for (const [key, setting] of ALL_SETTINGS) {
    const { value, origin } = readSetting(key, setting, { flags, env, file, readFile }, problems);
    values.set(key, value);
    const visible = setting.secret && value !== setting.fallback ? '••••••' : setting.kind.show(value);
    shown.push({ key, value: visible, origin, doc: setting.doc });
    // `data` is the first setting: it says where the file is that the others may be in.
    if (key === 'data') file = readConfigFile(dataFolders(String(value)).config, readFile, problems);
  }
  const gitTokens = readGitTokens(env, readFile, problems);
  const config = { ...assemble(values, shown, env), gitTokens, traces: readTraces(env) };
  problems.push(...contradictions(config));
  if (problems.length > 0) throw invalid(problems);
  return config;
};

/** Where the command line finds the supervisor, and what it shows at the door. */
export type ClientConfig = { url: string; token: string | null; data: string };

/**
 * Finds the supervisor: `url` flag, `KEEPWELL_URL`, the `server.json` that a running supervisor leaves in its data
 * folder, then the configured address. The token is found likewise: flag, `KEEPWELL_ADMIN_TOKEN` or its `_FILE`,
 * `KEEPWELL_TOKEN` (an agent acting for itself), `<data>/admin-token`.
 *
 * Never throws: what cannot be read counts as not there, and the server says what is missing.
 */
export const clientConfig = (
  env: Environment = process.env,
  flags: { url?: string | undefined; token?: string | undefined; data?: string | undefined } = {},
  readFile: ReadFile = readText,
): ClientConfig => {
  const data = SETTINGS.data.kind.parse(flags.data || env.KEEPWELL_DATA || SETTINGS.data.fallback);
  const folders = dataFolders(data);
  const trimmed = (path: string | undefined) => path && quietly(() => readFile(path)?.trim());
  const url =
    flags.url || env.KEEPWELL_URL || runningUrl(folders.root, readFile) || configuredUrl(data, env, readFile);
  const token =
    flags.token ||
    env.KEEPWELL_ADMIN_TOKEN ||
    trimmed(env.KEEPWELL_ADMIN_TOKEN_FILE) ||
    env.KEEPWELL_TOKEN ||
    trimmed(folders.adminToken);
  return { url: url.replace(/\/+$/, ''), token: token || null, data };
};

const runningUrl = (data: string, readFile: ReadFile): string | null =>
  quietly(() => {
    const { url } = JSON.parse(readFile(join(data, 'server.json')) ?? '{}') as { url?: unknown };
    return typeof url === 'string' ? url : null;
  }) ?? null;

const configuredUrl = (data: string, env: Environment, readFile: ReadFile): string => {
  const config = quietly(() => loadConfig({ flags: { data }, env, readFile }));
  const host = config?.host ?? SETTINGS.host.fallback;
  return `http://${host.includes(':') ? `[${host}]` : host}:${config?.port || SETTINGS.port.fallback}`;
};

/** What an agent finds about itself in its environment; null where nothing is said. */
export type AgentEnvironment = {
  url: string | null;
  workspaceId: string | null;
  token: string | null;
  tokenFile: string | null;
  incarnation: number | null;
  pluginsDir: string | null;
};

/** Reads our own names, then those that existing agent runtimes use. */
export const agentEnvironment = (env: Environment = process.env): AgentEnvironment => ({
  url: env.KEEPWELL_URL || env.PLATFORM_URL || null,
  workspaceId: env.KEEPWELL_WORKSPACE_ID || env.WORKSPACE_ID || null,
  token: env.KEEPWELL_TOKEN || null,
  tokenFile: env.WORKSPACE_CONFIG_PATH ? join(env.WORKSPACE_CONFIG_PATH, '.auth_token') : null,
  incarnation: /^\d+$/.test(env.KEEPWELL_INCARNATION ?? '') ? Number(env.KEEPWELL_INCARNATION) : null,
  pluginsDir:
    env.KEEPWELL_PLUGINS_DIR ||
    (env.WORKSPACE_CONFIG_PATH ? join(env.WORKSPACE_CONFIG_PATH, 'plugins') : null),
});

/** Where programs keep what one user configured. */
export const userConfigFolder = (env: Environment = process.env): string =>
  env.XDG_CONFIG_HOME || join(homedir(), '.config');

/** The environment of a command behind a relay: ours, but for tokens, which are not its own. */
export const relayedEnvironment = (
  own: Record<string, string>,
  env: Environment = process.env,
): Record<string, string> => {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => !/^KEEPWELL_(\w+_)?TOKEN/.test(entry[0]) && entry[1] !== undefined,
  );
  return { ...Object.fromEntries(kept), ...own };
};

/** What agents inherit of our environment: enough to run programs and reach the network, and no secret. */
const INHERITED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|TERM|SSL_CERT_\w+|NODE_EXTRA_CA_CERTS|\w+_proxy|\w+_PROXY)$/;

/** The environment that agents and the git program start from; `agentPath` replaces the PATH. */
export const inheritedEnvironment = (
  agentPath: string | null,
  env: Environment = process.env,
): Record<string, string> => {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] => INHERITED.test(entry[0]) && entry[1] !== undefined,
  );
  return { ...Object.fromEntries(kept), ...(agentPath === null ? {} : { PATH: agentPath }) };
};

const assemble = (
  values: ReadonlyMap<string, unknown>,
  shown: ShownSetting[],
  env: Environment,
): Omit<Config, 'gitTokens' | 'traces'> => {
  const config: Record<string, unknown> = { shown };
  for (const key of Object.keys(SETTINGS)) {
    const isDuration = ALL_SETTINGS.get(key)?.kind.name === 'duration';
    const camel = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    config[isDuration ? `${camel}Ms` : camel] = values.get(key);
  }
  config.agentPath ??= env.PATH ?? null;
  config.policy = Object.fromEntries(
    Object.keys(POLICY_SETTINGS).map((name) => [name, values.get(policyKey(name))]),
  );
  return config as Omit<Config, 'gitTokens' | 'traces'>;
};

const readTraces = (env: Environment): Config['traces'] => {
  const named =
    Boolean(env.OTEL_SERVICE_NAME) || (env.OTEL_RESOURCE_ATTRIBUTES ?? '').includes('service.name=');
  return { variables: traceVariables(env), named };
};

/** The SDK reads them itself; here it matters only whether somebody wants traces. */
const traceVariables = (env: Environment): string[] => {
  if (env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none')
    return [];
  return ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_TRACES_EXPORTER'].filter(
    (name) => env[name],
  );
};

const contradictions = ({ host, allowRemote, metricsPublic, policy, shown }: Config): ConfigProblem[] => {
  const originOf = (key: string) => shown.find((setting) => setting.key === key)?.origin ?? 'default';
  const problems: [boolean, string, string][] = [
    [
      !allowRemote && !isLoopback(host),
      'host',
      `${host} can be reached by other machines; set allow_remote if that is wanted`,
    ],
    [
      metricsPublic && !isLoopback(host),
      'metrics_public',
      `opens /metrics to everybody, and ${host} can be reached by other machines; use metrics_token`,
    ],
    [
      policy.recoveredBelow > policy.degradedAt,
      'recovered_below',
      `${policy.recoveredBelow} is above degraded_at (${policy.degradedAt})`,
    ],
    [
      policy.restartBackoffMs > policy.restartBackoffMaxMs,
      'restart_backoff',
      'is longer than restart_backoff_max',
    ],
    [
      policy.pluginBackoffMs > policy.pluginBackoffMaxMs,
      'plugin_backoff',
      'is longer than plugin_backoff_max',
    ],
  ];
  return problems
    .filter(([wrong]) => wrong)
    .map(([, key, message]) => ({ key, origin: originOf(key), message }));
};

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);

const invalid = (problems: ConfigProblem[]): KeepwellError =>
  new KeepwellError('CONFIG_INVALID', {
    message:
      problems.length === 1
        ? 'The configuration has a problem.'
        : `The configuration has ${problems.length} problems.`,
    details: problems,
  });

const readText: ReadFile = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
};
