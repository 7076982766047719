import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { InstalledPlugin } from '../../machines/reconcile/outcome.ts';
import { planPlugins } from '../../machines/reconcile/plan.ts';
import type { BeatRecord } from '../../machines/workspace/backtest.ts';
import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import type { PublicStatus } from '../../machines/workspace/types.ts';
import { KeepwellError } from '../../src/errors.ts';
import type {
  AccessToken,
  Beat,
  Identity,
  InstallReport,
  OutdatedPlugin,
  SecretView,
  Supervisor,
  Verb,
  WorkspaceView,
} from '../../src/supervisor/api.ts';
import type { JournalEntry, LogLine, PluginDownload } from '../../src/supervisor/ports.ts';
import { memoryMoment } from './memory-moment.ts';

const NO_PRESENCE = {
  lastHeartbeatAt: null,
  leaseExpiresAt: null,
  errorRate: null,
  sampleError: null,
  activeTasks: null,
  currentTask: null,
  uptimeSeconds: null,
};

const NOT_HEARD: BeatRecord & { journalSince: number } = {
  offlineAfterMs: 180_000,
  leastLeaseMs: 60_000,
  minutes: 0,
  beats: 0,
  firstAt: null,
  lastAt: null,
  longestGapMs: 0,
  gaps: [],
  offlines: [],
  journalSince: 0,
};

const AFTER: Record<Verb, PublicStatus> = {
  restart: 'provisioning',
  pause: 'paused',
  resume: 'provisioning',
  hibernate: 'hibernated',
  wake: 'provisioning',
  retry: 'provisioning',
  reconcile: 'online',
};

/** A supervisor that keeps everything in memory and runs nothing: the far side of the HTTP edge. */
export const createMemorySupervisor = (now: () => number) => {
  const views = new Map<string, WorkspaceView>();
  const removed = new Set<string>();
  const tokens = new Map<string, Identity>([['admin-token', { kind: 'admin' }]]);
  const expired = new Map<string, number>();
  const accessTokens = new Map<string, AccessToken & { token: string }>();
  const journal: JournalEntry[] = [];
  const listeners = new Set<() => void>();
  const stepListeners = new Set<(workspaceId: string) => void>();
  const keys = new Map<string, { digest: string; id: string }>();
  const secrets: (SecretView & { value: string })[] = [];
  const beats: { workspaceId: string; incarnation: number | null; beat: Beat }[] = [];
  const reports: { workspaceId: string; incarnation: number | null; report: InstallReport }[] = [];
  const state = {
    /** What is offered for download, by plugin. */
    downloads: {} as Record<string, PluginDownload>,
    pluginsPending: false,
    /** What is known to be newer than what is installed. */
    outdated: [] as OutdatedPlugin[],
    /** What a plan finds installed. */
    installed: [] as InstalledPlugin[],
    /** What is known of beats, by the name of the workspace. */
    heard: {} as Record<string, Partial<typeof NOT_HEARD>>,
    /** Of whom what was heard was written down. */
    settled: [] as string[],
    ready: true,
    problems: [] as string[],
    failWith: null as unknown,
    logs: ['one', 'two', 'three'],
  };
  let count = 0;
  let changes = 0;

  const note = (workspaceId: string, event: string, to: string) => {
    journal.push({
      seq: journal.length + 1,
      at: now(),
      workspaceId,
      event,
      from: null,
      to,
      reason: null,
      cause: { type: event },
      kind: 'transition',
    });
    for (const listener of listeners) listener();
  };
  const find = (key: string): WorkspaceView => {
    const view = views.get(key) ?? [...views.values()].find(({ spec }) => spec.name === key);
    if (view !== undefined) return view;
    throw new KeepwellError(removed.has(key) ? 'WORKSPACE_REMOVED' : 'WORKSPACE_NOT_FOUND');
  };
  const put = (view: WorkspaceView, event: string): WorkspaceView => {
    views.set(view.id, view);
    note(view.id, event, view.state);
    return view;
  };
  const issue = (workspaceId: string, incarnation: number | null) => {
    const token = createHash('sha256').update(`${workspaceId}:${incarnation}`).digest('base64url');
    tokens.set(token, { kind: 'workspace', workspaceId, incarnation });
    return token;
  };
  const heed = () => {
    if (state.failWith !== null) throw state.failWith;
  };
  const newView = (id: string, spec: WorkspaceSpec): WorkspaceView => ({
    id,
    spec,
    status: 'provisioning',
    state: 'wanted.provisioning',
    since: now(),
    reason: null,
    url: spec.url,
    agentCard: null,
    incarnation: 1,
    generation: 1,
    observedGeneration: 0,
    presence: NO_PRESENCE,
    deadline: { name: 'provisionBy', at: now() + 720_000 },
    restartPending: false,
    restarts: 0,
    onlineEntries: 0,
    plugins: {
      declared: spec.plugins.length,
      installed: 0,
      generation: 0,
      good: 0,
      blocked: [],
      held: [],
      pending: false,
    },
    oldToken: null,
    budgets: {
      restarts: { used: 1, allowed: 5, windowMs: 1_800_000, nextFreeAt: now() + 60_000 },
      pluginRestarts: { used: 0, allowed: 3, windowMs: 600_000, nextFreeAt: null },
    },
    schedule: null,
    idle: null,
    createdAt: now(),
  });

  const supervisor: Supervisor = {
    identify: (token) => tokens.get(token) ?? null,
    expiredAt: (token) => expired.get(token) ?? null,
    async rotateToken(key, { overlapMs }) {
      heed();
      const view = find(key);
      if (view.spec.runtime !== 'external') throw new KeepwellError('STATE_CONFLICT');
      const until = now() + overlapMs;
      for (const [token, each] of tokens) {
        if (each.kind !== 'workspace' || each.workspaceId !== view.id || overlapMs > 0) continue;
        tokens.delete(token);
        expired.set(token, until);
      }
      const authToken = `kww_${createHash('sha256')
        .update(`rotated${(changes += 1)}`)
        .digest('base64url')}`;
      tokens.set(authToken, { kind: 'workspace', workspaceId: view.id, incarnation: null });
      view.oldToken = overlapMs > 0 ? { until, usedAt: null } : null;
      return { view, authToken };
    },
    beat(workspaceId, incarnation, beat) {
      heed();
      const view = find(workspaceId);
      if (incarnation !== null && incarnation < view.incarnation)
        throw new KeepwellError('STALE_INCARNATION');
      beats.push({ workspaceId, incarnation, beat });
      const reply = {
        status: view.status,
        generation: view.generation,
        intervalSeconds: 30,
        leaseExpiresAt: now() + 180_000,
        restartPending: false,
        pluginGeneration: 4,
        pluginsPending: state.pluginsPending,
      };
      return beat.errorRate >= 0.5 ? Promise.resolve({ ...reply, status: 'degraded' }) : reply;
    },
    async register(workspaceId, identity, card) {
      heed();
      const view = find(workspaceId);
      const hasToken = [...tokens.values()].some(
        (each) => each.kind === 'workspace' && each.workspaceId === view.id,
      );
      if (identity === null && hasToken) throw new KeepwellError('UNAUTHORIZED');
      put({ ...view, ...card }, 'agent.registered');
      return { authToken: identity === null ? issue(view.id, 1) : null };
    },
    async updateCard(workspaceId, _incarnation, agentCard) {
      put({ ...find(workspaceId), agentCard }, 'card.updated');
    },
    async create(spec, idempotency, given = {}) {
      heed();
      const used = idempotency === null ? undefined : keys.get(idempotency.key);
      if (used !== undefined) {
        if (used.digest !== idempotency?.digest) throw new KeepwellError('IDEMPOTENCY_CONFLICT');
        return { view: find(used.id), authToken: null, replayed: true };
      }
      if ([...views.values()].some((view) => view.spec.name === spec.name))
        throw new KeepwellError('WORKSPACE_EXISTS');
      count += 1;
      const id = `0workspace${String(count).padStart(16, '0')}`;
      if (idempotency !== null) keys.set(idempotency.key, { digest: idempotency.digest, id });
      const view = put(newView(id, spec), 'workspace.created');
      if (Object.keys(given).length > 0) await supervisor.changeSecrets(id, given);
      return { view, authToken: spec.runtime === 'external' ? issue(id, null) : null, replayed: false };
    },
    view: find,
    list: ({ after, limit, status }) =>
      [...views.values()]
        .filter((view) => status === null || view.status === status)
        .sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
        .filter(({ spec }) => after === null || spec.name > after)
        .slice(0, limit),
    async change(key, spec, ifGeneration) {
      heed();
      const view = find(key);
      if (ifGeneration !== null && ifGeneration !== view.generation)
        throw new KeepwellError('GENERATION_CONFLICT');
      if (isDeepStrictEqual({ ...spec, applied: null }, { ...view.spec, applied: null })) {
        views.set(view.id, { ...view, spec });
        return find(view.id);
      }
      const plugins = { ...view.plugins, declared: spec.plugins.length };
      return put({ ...view, spec, plugins, generation: view.generation + 1 }, 'spec.changed');
    },
    async act(key, verb) {
      heed();
      const view = find(key);
      if (verb === 'wake' && view.status !== 'hibernated') throw new KeepwellError('STATE_CONFLICT');
      const status = AFTER[verb];
      const resting = status === 'paused' || status === 'hibernated';
      return put(
        { ...view, status, state: `${resting ? 'resting' : 'wanted'}.${status}` },
        `operator.${verb}`,
      );
    },
    async remove(key) {
      heed();
      const { id } = find(key);
      views.delete(id);
      removed.add(id);
      for (const [token, identity] of tokens) {
        if (identity.kind === 'workspace' && identity.workspaceId === id) tokens.delete(token);
      }
      note(id, 'operator.removed', 'removed');
    },
    async plugins(key) {
      const installed = {
        name: 'lint',
        source: 'local://lint',
        revision: null,
        treeHash: 'a'.repeat(64),
        manifestHash: null,
        coreHash: 'b'.repeat(64),
        actualHash: null,
        restart: 'auto' as const,
      };
      const declared = find(key).spec.plugins;
      return {
        declared,
        installed: { generation: 4, plugins: [installed], switches: [] },
        blocked: [],
        held: [],
        outdated: state.outdated.filter(({ workspaceId }) => workspaceId === find(key).id),
      };
    },
    async pluginHistory(key) {
      find(key);
      const { installed } = await supervisor.plugins(key);
      const { generation, plugins } = installed;
      const inForce = { builtAt: null, restoredFrom: null, inForce: true, changed: [] };
      return [{ ...inForce, generation, plugins }];
    },
    async download(key, plugin) {
      find(key);
      const found = state.downloads[plugin];
      if (found === undefined) throw new KeepwellError('PLUGIN_NOT_INSTALLED');
      return found;
    },
    async report(workspaceId, incarnation, report) {
      heed();
      const view = find(workspaceId);
      if (incarnation !== null && incarnation < view.incarnation)
        throw new KeepwellError('STALE_INCARNATION');
      reports.push({ workspaceId, incarnation, report });
      const differences = report.plugins.filter(({ treeHash }) => treeHash !== 'a'.repeat(64));
      return {
        complete: differences.length === 0 && report.generation === 4,
        generation: 4,
        differences: differences.map(({ name }) => ({ name, action: 'fetch' as const })),
      };
    },
    async plan(key, { spec, refresh = false } = {}) {
      const wanted = spec ?? (key === null ? null : find(key).spec);
      if (wanted === null) return [];
      const newer = { revision: 'f'.repeat(40), treeHash: null };
      const resolved = new Map(refresh ? wanted.plugins.map(({ name }) => [name, newer]) : []);
      return planPlugins(wanted, { plugins: key === null ? [] : state.installed }, { resolved });
    },
    async rollback(key, to) {
      heed();
      if (to !== null && to > 4) throw new KeepwellError('PLUGIN_GENERATION_NOT_FOUND');
      return put(find(key), 'operator.rolledBack');
    },
    async updatePlugins(key, names) {
      heed();
      const { spec } = find(key);
      const isDeclared = (name: string) => spec.plugins.some((plugin) => plugin.name === name);
      if (names !== 'all' && !names.every(isDeclared)) throw new KeepwellError('PLUGIN_NOT_DECLARED');
      return put(find(key), 'operator.updated');
    },
    async releasePlugin(key, plugin) {
      heed();
      const { plugins } = find(key);
      if (!plugins.held.some(({ name }) => name === plugin)) throw new KeepwellError('PLUGIN_NOT_HELD');
      return put(find(key), 'operator.released');
    },
    async dismissUpdate(key, plugin) {
      heed();
      const { id } = find(key);
      const newer = state.outdated.find((one) => one.workspaceId === id && one.name === plugin);
      if (newer === undefined) throw new KeepwellError('PLUGIN_NOT_OUTDATED');
      newer.dismissed = true;
    },
    async outdated(key) {
      const id = key === null ? null : find(key).id;
      return state.outdated.filter(({ workspaceId }) => id === null || workspaceId === id);
    },
    async rotateSecretKey() {
      heed();
      return secrets.length;
    },
    secrets: (key) => {
      const workspaceId = key === null ? null : find(key).id;
      return secrets
        .filter((secret) => secret.workspaceId === workspaceId)
        .map(({ name, updatedAt }) => ({ name, workspaceId, updatedAt }));
    },
    async changeSecrets(key, values) {
      heed();
      const workspaceId = key === null ? null : find(key).id;
      for (const [name, value] of Object.entries(values)) {
        const at = secrets.findIndex((each) => each.workspaceId === workspaceId && each.name === name);
        if (secrets[at]?.value === value) continue;
        if (at >= 0) secrets.splice(at, 1);
        if (value !== null) secrets.push({ name, workspaceId, updatedAt: (changes += 1), value });
      }
    },
    accessTokens: () =>
      [...accessTokens.values()].map(({ id, name, role, createdAt }) => ({ id, name, role, createdAt })),
    accessToken: (id) => accessTokens.get(id) ?? null,
    async createAccessToken(name, role) {
      heed();
      if ([...accessTokens.values()].some((each) => each.name === name))
        throw new KeepwellError('TOKEN_EXISTS');
      const id = `viewer${(changes += 1)}`;
      const created: AccessToken & { token: string } = {
        id,
        name,
        role,
        createdAt: now(),
        token: `kwv_${createHash('sha256').update(id).digest('base64url')}`,
      };
      accessTokens.set(id, created);
      tokens.set(created.token, { kind: role, tokenId: id, name });
      return created;
    },
    async revokeAccessToken(id) {
      heed();
      const revoked = accessTokens.get(id);
      if (revoked === undefined) throw new KeepwellError('TOKEN_NOT_FOUND');
      accessTokens.delete(id);
      tokens.delete(revoked.token);
    },
    why(key) {
      const { status, state, since, reason } = find(key);
      return {
        text: 'It waits for the first beat.',
        status,
        state,
        since,
        rule: 'An instance was asked for.',
        reason,
        evidence: { seq: 1, at: since, event: 'workspace.created', from: null, to: state },
        next: [{ when: since + 1_000, event: 'deadline.passed', to: 'wanted.failed', text: 'It fails' }],
        operator: [{ verb: 'pause', command: 'keepwell pause demo', text: 'stops it' }],
      };
    },
    moment(key, seq) {
      const view = find(key);
      if (seq !== null && !journal.some((row) => row.seq === seq))
        throw new KeepwellError('MOMENT_NOT_KNOWN');
      return memoryMoment(view, seq, supervisor.why(key));
    },
    path(key) {
      const { spec, state: leaf, since } = find(key);
      const start = { input: { workspaceId: 'w' } };
      return { workspace: spec.name, machine: 'workspace', start, steps: [], state: leaf, at: since };
    },
    onStep(listener) {
      stepListeners.add(listener);
      return () => stepListeners.delete(listener);
    },
    fleet: (mark) => {
      const whole = mark !== 'mark-1';
      const entries = whole ? [...views.values()].map((view) => ({ view, restartsOfDay: 2 })) : [];
      const at = now();
      return { at, intervalMs: 30_000, mark: 'mark-1', whole, entries, beats: [], removed: [...removed] };
    },
    inspected: (key) =>
      (key === null ? [...views.values()] : [find(key)]).map(({ id, spec, state: leaf }) => ({
        sessionId: id,
        rootId: id,
        parentId: null,
        name: spec.name,
        definition: '{"id":"workspace"}',
        snapshot: { status: 'active', value: leaf, context: {}, tags: [] },
      })),
    inside: () => ({
      leases: { armed: 1, nextAt: 1_000 },
      deadlines: { armed: 1, next: [{ workspace: 'demo', name: 'resyncAt', at: 2_000 }] },
      loops: [{ name: 'drift', everyMs: 60_000, lastAt: null, nextAt: 3_000, problem: null }],
      judgement: { state: 'listening.steady', held: false, since: null, until: null, reason: null },
    }),
    async *logs(key, { tail, follow, signal }): AsyncGenerator<LogLine> {
      find(key);
      heed();
      yield* state.logs.slice(Math.max(0, state.logs.length - tail));
      if (follow) await new Promise((resolve) => signal?.addEventListener('abort', resolve));
    },
    settleBeats: async (keys) => void state.settled.push(...keys),
    beatRecord(key) {
      const { id, spec } = find(key);
      return { ...NOT_HEARD, ...state.heard[spec.name], id, name: spec.name };
    },
    journal(key, { after = 0, before = Number.POSITIVE_INFINITY, limit, order = 'asc' }) {
      const rows = journal.filter(
        (row) => (key === null || row.workspaceId === key) && row.seq > after && row.seq < before,
      );
      return (order === 'asc' ? rows : rows.toReversed()).slice(0, limit);
    },
    onJournal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lastSeq: () => journal.length,
    health: () => ({
      ready: state.ready,
      problems: state.problems,
      notices: [],
      store: { writable: true, since: null, problem: null, pending: 0 },
      workspaces: { provisioning: views.size },
      startedAt: now() - 5_000,
    }),
  };

  return {
    supervisor,
    /** What the edge must not have changed when it refused a request. */
    snapshot: () =>
      JSON.stringify({ views: [...views.values()], seq: journal.length, tokens: tokens.size, secrets }),
    issue,
    note,
    beats,
    reports,
    state,
    listeners,
    views,
    secrets,
  };
};
