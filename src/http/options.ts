import type { Logger } from 'pino';
import type { EpochMs } from '../../machines/time.ts';
import type { Policy } from '../../machines/workspace/policy.ts';
import type { PluginDeclaration } from '../../machines/workspace/spec.ts';
import type { ScheduledSpec } from '../schedule.ts';
import type { Supervisor } from '../supervisor/api.ts';
import type { AuditTrail } from '../supervisor/audit-port.ts';
import type { MomentPath } from '../supervisor/watching-api.ts';
import type { MachineChartWire } from './schemas/machine-chart.ts';

/** What a template says; the request that names it wins over every part of it. */
export type TemplateDefaults = Partial<Omit<ScheduledSpec, 'name' | 'template' | 'applied'>> & {
  description?: string | null;
  version?: string | null;
  /** Words by which its agent can be told to misbehave. */
  misbehaves?: string[];
  /** The file that says it. */
  file?: string;
};

type TemplateSummary = { name: string; description: string | null; problem?: string | null };

type RegistryPlugin = {
  name: string;
  source: string;
  version: string | null;
  description: string | null;
  problem: string | null;
};
type PluginSources = {
  allow: string[] | null;
  items: { kind: string; form: string; pin: string; available: boolean; problem: string | null }[];
};

/** Durations in milliseconds; those of commits are of the last few hundred. */
export type Vitals = {
  loop: { p50Ms: number; p99Ms: number; maxMs: number; windowMs: number };
  memory: { rssBytes: number; heapUsedBytes: number };
  commits: { p50Ms: number; p99Ms: number; count: number; walBytes: number; databaseBytes: number };
};

export const MACHINE_FORMATS = ['json', 'mermaid', 'scxml', 'svg', 'dot'] as const;

/** The state machines there are to look at. @throws `MACHINE_NOT_FOUND`, from what takes a name */
type MachineCatalogue = {
  list: () => { name: string; description: string | null; states: number; transitions: number }[];
  chart: (name: string) => Promise<MachineChartWire>;
  write: (name: string, format: (typeof MACHINE_FORMATS)[number]) => Promise<{ type: string; text: string }>;
};

/** What is measured, as text, and who may read it beside the administrator and viewers. */
type MetricsAccess = {
  contentType: string;
  text: () => Promise<string>;
  /** Good for reading metrics and for nothing else; null for none. */
  token: string | null;
  /** Whether nobody is asked for a token. */
  isPublic: boolean;
};

/** Whom notices go to. `test` and `retry` throw `NOTIFY_TARGET_NOT_FOUND` and `NOTIFY_LETTER_NOT_FOUND`. */
type Notifications = {
  view: () => {
    targets: {
      name: string;
      kind: string;
      on: readonly string[];
      pending: number;
      problem: string | null;
      nextTryAt: EpochMs | null;
      deliveredAt: EpochMs | null;
      dead: number;
    }[];
    dead: {
      id: string;
      target: string;
      incident: string;
      at: EpochMs;
      endedAt: EpochMs | null;
      tries: number;
      problem: string | null;
      text: string;
    }[];
  };
  test: (target: string) => Promise<{ ok: true } | { ok: false; problem: string }>;
  retry: (which: { id: string } | 'all') => Promise<number>;
};

/** All that the HTTP edge needs of the rest of the program. */
export type HttpOptions = {
  supervisor: Supervisor;
  logger: Logger | false;
  /** Accepted as the administrator beside what `supervisor.identify` knows; null when that knows it already. */
  adminToken: string | null;
  /** Signs the cookies of sessions; when it is another one, all of them are over. */
  sessionKey: Buffer;
  /** Where the built page is, once it is built; null for none. */
  uiFolder: string | null;
  /** Shown by GET /buildinfo. */
  build: { version: string; [fact: string]: string };
  /** Reads one plugin as people write it. @throws coded errors for a wrong source, name, pin or hash */
  parseDeclaration: (input: unknown) => PluginDeclaration;
  /** Refuses a source that none of these patterns allows. @throws `PLUGIN_NOT_ALLOWED` */
  checkAllowed: (source: string, patterns: readonly string[]) => void;
  /** @throws `TEMPLATE_NOT_FOUND`, `TEMPLATE_INVALID` */
  loadTemplate: (name: string) => Promise<TemplateDefaults>;
  /** What can be declared as `local://name`. */
  listRegistry?: () => Promise<RegistryPlugin[]>;
  machines?: MachineCatalogue;
  /** From where plugins may come. */
  pluginSources?: PluginSources;
  /** Tells the agent of a workspace how to misbehave from now on; null for not at all. */
  misbehave?: (workspaceId: string, how: string | null) => Promise<void>;
  listTemplates?: () => Promise<TemplateSummary[]>;
  /** Whether inspectors of XState may watch over a WebSocket. */
  inspect?: boolean;
  /** How the process and its store are. */
  vitals: () => Vitals;
  /** Default: there is no GET /metrics. */
  metrics?: MetricsAccess;
  /** Where it is written who did what. Default: nowhere. */
  audit?: AuditTrail;
  /** Default: there is no /notify. */
  notifications?: Notifications;
  /** Told of each request but beats, with the pattern of its route; what is returned is told the status. */
  requestBegan?: ((method: string, route: string) => (status: number) => void) | undefined;
  /** Writes the way to a moment as a test. */
  writePathTest: (path: MomentPath) => string;
  now: () => EpochMs;
  /** `open`: an agent without a token may register once with a workspace that has none. */
  enrolment: 'closed' | 'open';
  /** Requests a minute with one token, or from one address without; 0, the default, for any number. */
  rateLimit?: number;
  /** What applies where a workspace's own policy says nothing. */
  policyDefaults: Policy;
  /** Where agents reach this server, when that is not the address a request came to. */
  publicUrl?: string;
};
