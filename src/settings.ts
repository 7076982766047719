/** The one list of everything that can be configured: `config.ts` reads it, `config show` and `up --help` print it. */

import { isAbsolute, resolve } from 'node:path';
import type { DurationMs } from '../machines/time.ts';
import { DEFAULT_POLICY, type Policy } from '../machines/workspace/policy.ts';
import { formatDuration, parseDuration } from './durations.ts';
import { type NotifyTarget, parseNotifyTargets } from './notify-targets.ts';
import { COMPILED, PACKAGE } from './package-folder.ts';

/** How a setting is read and shown. `parse` throws an `Error` whose message ends the sentence "x is not …". */
export type Kind<T> = { name: string; parse(raw: unknown): T; show(value: T): string };

export type Setting<T> = {
  kind: Kind<T>;
  fallback: T;
  doc: string;
  /** Never printed; may also be given as a file. */
  secret?: true;
  /** Cannot be set in `keepwell.yaml`. */
  notInFile?: true;
};

const text: Kind<string> = {
  name: 'text',
  parse(raw) {
    if (typeof raw === 'string' && raw.trim() !== '') return raw.trim();
    throw new Error('a text');
  },
  show: (value) => value,
};

const path: Kind<string> = {
  name: 'path',
  parse: (raw) => (isAbsolute(text.parse(raw)) ? text.parse(raw) : resolve(text.parse(raw))),
  show: (value) => value,
};

const optional = <T>(kind: Kind<T>): Kind<T | null> => ({
  name: kind.name,
  parse: (raw) => kind.parse(raw),
  show: (value) => (value === null ? '–' : kind.show(value)),
});

const between = (
  name: string,
  low: number,
  high: number,
  accepts: (value: number) => boolean,
): Kind<number> => ({
  name,
  parse(raw) {
    const value = typeof raw === 'string' && raw.trim() !== '' ? Number(raw) : raw;
    if (typeof value === 'number' && accepts(value) && value >= low && value <= high) return value;
    throw new Error(`${name} from ${low} to ${high}`);
  },
  show: String,
});
const integer = (low: number, high: number) => between('a whole number', low, high, Number.isSafeInteger);
const fraction = between('a number', 0, 1, Number.isFinite);

const flag: Kind<boolean> = {
  name: 'true or false',
  parse(raw) {
    const word = String(raw).toLowerCase();
    if (word === 'true' || word === '1') return true;
    if (word === 'false' || word === '0') return false;
    throw new Error('true or false');
  },
  show: String,
};

const list: Kind<string[]> = {
  name: 'list',
  parse(raw) {
    const parts = typeof raw === 'string' ? raw.split(',') : raw;
    const isList = Array.isArray(parts) && parts.every((part) => typeof part === 'string');
    const trimmed = isList ? parts.map((part) => part.trim()).filter((part) => part !== '') : [];
    if (trimmed.length > 0) return trimmed;
    throw new Error('a list of texts, or one text with commas');
  },
  show: (value) => value.join(', '),
};

const webAddress: Kind<string> = {
  name: 'address',
  parse(raw) {
    const url = typeof raw === 'string' && URL.canParse(raw) ? new URL(raw) : null;
    const isPlain = url !== null && !url.username && !url.password && !url.search && !url.hash;
    if (isPlain && /^https?:$/.test(url.protocol)) return url.href.replace(/\/+$/, '');
    throw new Error('an http or https address without user, query or fragment');
  },
  show: (value) => value,
};

const choice = <const T extends string>(...words: T[]): Kind<T> => ({
  name: words.join('|'),
  parse(raw) {
    const found = words.find((word) => word === raw);
    if (found !== undefined) return found;
    throw new Error(`one of ${words.join(', ')}`);
  },
  show: (value) => value,
});

const duration = (leastMs: DurationMs): Kind<DurationMs> => ({
  name: 'duration',
  parse(raw) {
    const lengthMs = readDuration(raw);
    if (lengthMs < leastMs) throw new Error(`a duration of at least ${formatDuration(leastMs)}`);
    return lengthMs;
  },
  show: formatDuration,
});

// A bare number would be milliseconds; in a configuration file most people mean seconds, so it is refused.
const readDuration = (raw: unknown): DurationMs => {
  try {
    if (typeof raw === 'string' && !/^[1-9]\d*$/.test(raw)) return parseDuration(raw);
    if (raw === 0) return 0;
  } catch {
    // Said below, the same for every wrong form.
  }
  throw new Error('a duration like 30s, 12m or 1h');
};

const targets: Kind<NotifyTarget[]> = {
  name: 'targets',
  parse: parseNotifyTargets,
  show: (value) => (value.length === 0 ? '–' : value.map(({ name }) => name).join(', ')),
};
const NOBODY: NotifyTarget[] = [];

const setting = <T>(
  kind: Kind<T>,
  fallback: T,
  doc: string,
  more: { secret?: true; notInFile?: true } = {},
) => ({ kind, fallback, doc, ...more }) satisfies Setting<T>;

const policy = <T>(name: keyof Policy, kind: Kind<T>, doc: string) =>
  setting(kind, DEFAULT_POLICY[name] as T, doc);

/** What concerns the supervisor as a whole. Names are those of `keepwell.yaml`. */
export const SETTINGS = {
  data: setting(path, COMPILED ? resolve('data') : resolve(PACKAGE, 'data'), 'Where everything is kept.', {
    notInFile: true,
  }),
  host: setting(text, '127.0.0.1', 'Address to listen on.'),
  port: setting(integer(0, 65_535), 7420, 'Port to listen on; 0 takes a free one.'),
  allow_remote: setting(flag, false, 'Allows a host that other machines can reach.'),
  public_url: setting(
    optional(webAddress),
    null,
    'Where external agents reach Keepwell; the address that was asked for their connection otherwise.',
  ),
  admin_token: setting(optional(text), null, 'Admin token; one is made at the first start otherwise.', {
    secret: true,
  }),
  log_level: setting(
    choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
    'info',
    'What the supervisor writes to its log.',
  ),
  enrolment: setting(
    choice('closed', 'open'),
    'closed',
    'Whether an agent without a token may register once.',
  ),
  beat_interval: setting(duration(10), 30_000, 'How often agents are told to beat.'),
  inspect: setting(
    flag,
    false,
    'Whether tools that speak the protocol of Stately Inspector may watch at /inspect.',
  ),
  metrics_token: setting(
    optional(text),
    null,
    'A token that may read /metrics and nothing else; the admin and viewer tokens may as well.',
    { secret: true },
  ),
  metrics_public: setting(flag, false, 'Whether /metrics needs no token; only where the host is local.'),
  notify: setting(
    targets,
    NOBODY,
    'Who is told of trouble: a list with name, kind, url, secret and on, also as YAML text.',
    { secret: true },
  ),
  notify_retry: setting(duration(10), 5_000, 'Wait before a notice is tried again; it triples up to 1h.'),
  journal_cap: setting(integer(100, 10_000_000), 10_000, 'Journal rows kept per workspace.'),
  audit_cap: setting(integer(1_000, 100_000_000), 100_000, 'Rows that are kept of who did what.'),
  beat_history_cap: setting(
    integer(0, 1_000_000),
    43_200,
    'Minutes of beats kept per workspace, for `keepwell backtest`; 0 keeps none.',
  ),
  plugin_fetch_within: setting(duration(10), 300_000, 'How long fetching one plugin may take.'),
  plugin_allow_file: setting(flag, true, 'Whether git+file sources may name repositories of this machine.'),
  plugin_allow_private: setting(flag, false, 'Whether plugins may come from private addresses.'),
  plugin_allow: setting(
    optional(list),
    null,
    'Patterns of sources that plugins may come from, like github://acme/*; all otherwise.',
  ),
  silence_hold: setting(
    duration(0),
    600_000,
    'How long nobody is called offline after most of the fleet fell silent at once.',
  ),
  rate_limit: setting(
    integer(0, 10_000_000),
    30_000,
    'Requests a minute with one token, or from one address without; beats have a limit of their own. 0 for no limit.',
  ),
  plugin_github_url: setting(webAddress, 'https://github.com', 'Where github:// sources are.'),
  plugin_gitea_url: setting(optional(webAddress), null, 'Where gitea:// sources are.'),
  plugin_ssh_key: setting(optional(path), null, 'Private key for git+ssh sources.'),
  plugin_ssh_known_hosts: setting(optional(path), null, 'Host keys that git+ssh sources may have.'),
  plugin_check_every: setting(
    duration(10),
    3_600_000,
    'How often references are looked up for newer versions.',
  ),
  plugin_keep: setting(integer(2, 100), 5, 'Plugin generations kept per workspace, to roll back to.'),
  plugin_cache_keep: setting(duration(10), 604_800_000, 'How long the cache keeps what nobody needs.'),
  secret_key: setting(
    optional(text),
    null,
    'Key that seals secrets, 32 bytes in base64; a file is made otherwise.',
    {
      secret: true,
      notInFile: true,
    },
  ),
  docker_host: setting(
    optional(text),
    null,
    'Docker engine, like unix:///var/run/docker.sock; what DOCKER_HOST says otherwise.',
  ),
  docker_network: setting(text, 'bridge', 'Network of containers for which nothing else is said.'),
  docker_url: setting(
    optional(webAddress),
    null,
    'Where containers reach Keepwell; http://host.docker.internal and its port otherwise.',
  ),
  docker_allow_privileged: setting(flag, false, 'Whether a workspace of tier 3 may ask for all privileges.'),
  agent_path: setting(optional(text), null, 'PATH that agents get; the one of the supervisor otherwise.'),
} as const;

/** The defaults by which workspaces are judged; a workspace's spec may say otherwise. Complete by its type. */
export const POLICY_SETTINGS = {
  offlineAfterMs: policy('offlineAfterMs', duration(10), 'Silence after which an agent is offline.'),
  provisionWithinMs: policy('provisionWithinMs', duration(10), 'Time for the first beat of an incarnation.'),
  degradedForMs: policy('degradedForMs', duration(0), 'How long degraded lasts at least.'),
  degradedAt: policy('degradedAt', fraction, 'Error rate from which a workspace is degraded.'),
  recoveredBelow: policy('recoveredBelow', fraction, 'Error rate below which it has recovered.'),
  restartBudget: policy('restartBudget', integer(0, 1_000), 'Automatic restarts within restart_window.'),
  restartWindowMs: policy('restartWindowMs', duration(10), 'Window of restart_budget.'),
  restartBackoffMs: policy('restartBackoffMs', duration(0), 'Wait before the first automatic restart.'),
  restartBackoffMaxMs: policy('restartBackoffMaxMs', duration(0), 'Longest wait before a restart.'),
  healthyAfterMs: policy('healthyAfterMs', duration(10), 'Time online that forgets earlier crashes.'),
  stopGraceMs: policy('stopGraceMs', duration(0), 'Between asking to stop and killing.'),
  resyncEveryMs: policy('resyncEveryMs', duration(10), 'Between two checks of installed plugins.'),
  resyncJitterMs: policy('resyncJitterMs', duration(0), 'Spread added to resync_every.'),
  reconcileWithinMs: policy('reconcileWithinMs', duration(10), 'How long one reconcile may take.'),
  pluginTries: policy('pluginTries', integer(1, 1_000), 'Tries before plugin_retry_slow applies.'),
  pluginBackoffMs: policy('pluginBackoffMs', duration(0), 'Wait before the second try of a plugin.'),
  pluginBackoffMaxMs: policy('pluginBackoffMaxMs', duration(0), 'Longest wait between those tries.'),
  pluginRetrySlowMs: policy('pluginRetrySlowMs', duration(10), 'Between tries once they are used up.'),
  pluginRestartBudget: policy(
    'pluginRestartBudget',
    integer(0, 1_000),
    'Restarts plugins may cause in a window.',
  ),
  pluginRestartWindowMs: policy('pluginRestartWindowMs', duration(10), 'Window of plugin_restart_budget.'),
  pluginProbationMs: policy('pluginProbationMs', duration(0), 'Time online that proves new plugins good.'),
} satisfies Record<keyof Policy, Setting<number>>;

/** `offlineAfterMs` is written `offline_after` wherever people write it. */
export const policyKey = (name: string): string =>
  name.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Every setting by its name in `keepwell.yaml`, in the order in which people should read them; `data` is the first. */
export const ALL_SETTINGS: ReadonlyMap<string, Setting<unknown>> = new Map<string, Setting<unknown>>([
  ...(Object.entries(SETTINGS) as [string, Setting<unknown>][]),
  ...Object.entries(POLICY_SETTINGS).map(
    ([name, setting]) => [policyKey(name), setting as Setting<unknown>] as const,
  ),
]);
