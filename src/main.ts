import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pid } from 'node:process';
import type { Logger } from 'pino';
import { ulid } from 'ulid';
import { reconcileMachine } from '../machines/reconcile/reconcile.machine.ts';
import { supervisorMachine } from '../machines/supervisor/supervisor.machine.ts';
import { PUBLIC_STATUSES } from '../machines/workspace/types.ts';
import { workspaceMachine } from '../machines/workspace/workspace.machine.ts';
import { type Config, inheritedEnvironment } from './config.ts';
import { KeepwellError } from './errors.ts';
import { dataFolders } from './folders.ts';
import { gitTokenName } from './git-token-name.ts';
import type { HttpApp } from './http/app.ts';
import { createHttpServer } from './http/server.ts';
import { readPolicy } from './http/wire/read-policy.ts';
import { createCatalogue } from './inspect/catalogue.ts';
import { openNotifications } from './notify/open-notifications.ts';
import { PACKAGE, packageVersion, programFile } from './package-folder.ts';
import { checkAllowed, parseAllowPattern } from './plugins/allow-list.ts';
import { createPluginCache } from './plugins/cache.ts';
import { type DeclarationInput, parseDeclaration } from './plugins/declaration.ts';
import { describeSources } from './plugins/describe-sources.ts';
import { listRegistry } from './plugins/list-registry.ts';
import { createPluginSets } from './plugins/sets/plugin-sets.ts';
import type { PluginCache, PluginSets } from './reconcile/ports.ts';
import { createReconciler } from './reconcile/reconciler.ts';
import { createMisbehave } from './runtimes/misbehave.ts';
import { openVault } from './secrets/vault.ts';
import { loadAdminToken, newToken } from './startup/admin-token.ts';
import { banner } from './startup/banner.ts';
import { listen } from './startup/listen.ts';
import { openLog } from './startup/log.ts';
import { openLoopWatch } from './startup/loop-watch.ts';
import { openRuntimes } from './startup/open-runtimes.ts';
import { placeSamples } from './startup/samples.ts';
import { sessionKeyOf } from './startup/session-key.ts';
import { openTemplates } from './startup/templates/open-templates.ts';
import { tokenHasher } from './startup/token-hasher.ts';
import { openDataLock } from './store/data-lock.ts';
import { openStore } from './store/open-store.ts';
import { systemClock } from './supervisor/clock.ts';
import type { SupervisorOptions } from './supervisor/options.ts';
import type { Clock, Dice, Runtime, Store } from './supervisor/ports.ts';
import { createSupervisor } from './supervisor/supervisor.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { observeAll } from './telemetry/observe-all.ts';
import { openTracing } from './telemetry/open-tracing.ts';
import type { Tracing } from './telemetry/tracing.ts';
import { writePathTest } from './testing/write-path-test.ts';

const TOKEN_PREFIXES = { agent: 'kww', viewer: 'kwv', relay: 'kwr' };

const systemDice = (clock: Clock): Dice => ({
  roll: Math.random,
  workspaceId: () => ulid(clock.now()).toLowerCase(),
  token: (of = 'agent') => newToken(TOKEN_PREFIXES[of]),
});

/** What the program is put into: time, a log, and what a test wraps around the real parts to watch or break them. */
export type World = {
  clock: Clock;
  log: Logger;
  around?: Partial<Wrappers>;
  adaptMachine?: SupervisorOptions['adaptMachine'];
  /** Where traces go; null for nowhere. */
  tracing?: Tracing | null;
};
type Wrap<T> = (real: T) => T;
export type Wrappers = {
  store: Wrap<Store>;
  runtime: Wrap<Runtime>;
  cache: Wrap<PluginCache>;
  sets: Wrap<PluginSets>;
};

const AS_IT_IS: Wrappers = {
  store: (real) => real,
  runtime: (real) => real,
  cache: (real) => real,
  sets: (real) => real,
};

/** Puts the parts together. Nothing runs until `start`; `close` stops deciding, never an agent. */
export const assemble = (config: Config, world: World) => {
  const { clock, log, around: given, adaptMachine, tracing = null } = world;
  const around = { ...AS_IT_IS, ...given };
  const now = () => clock.now();
  const folders = dataFolders(config.data);
  makeFolder(folders.root);
  const pluginAllow = readAllowList(config);
  const lock = openDataLock({ file: folders.lock, pid });
  placeSamples(folders, dataFolders(join(PACKAGE, 'data')));
  const admin = loadAdminToken(folders.adminToken, config.adminToken);
  const warn = (fault: unknown) => log.warn({ err: fault }, 'a fault was contained');
  const { journalCap, beatHistoryCap, auditCap } = config;
  const onCommit = (elapsedMs: number, changes: number) => {
    metrics.noteCommit(elapsedMs, changes);
    tracing?.noteCommit(elapsedMs, changes);
  };
  const opened = openStore({
    file: folders.database,
    now,
    journalCap,
    beatHistoryCap,
    auditCap,
    onFault: warn,
    onCommit,
  });
  const store = around.store(opened);
  const dice = systemDice(clock);
  const notifications = openNotifications({
    store,
    targets: config.notify,
    retryMs: config.notifyRetryMs,
    nameOf: (id) => supervisor.view(id).spec.name,
    clock,
    roll: dice.roll,
    log,
  });
  const loopWatch = openLoopWatch();
  const version = packageVersion();
  const metrics = createMetrics({
    version,
    statuses: PUBLIC_STATUSES,
    beats: () => supervisor.beats(),
    workspaces: () => supervisor.health().workspaces,
    ready: () => supervisor.health().ready,
    held: () => supervisor.inside().judgement.held,
    store: () => ({ ...store.health(), ...opened.vitals() }),
    notices: notifications.counts,
    loop: loopWatch.view,
  });
  const baseEnv = inheritedEnvironment(config.agentPath);
  const installationId = createHash('sha256').update(realpathSync(folders.root)).digest('hex').slice(0, 16);
  const runtimes = openRuntimes({
    config,
    installationId,
    foldersOf: folders.workspace,
    sidecarCommand: [process.execPath, programFile('cli/keepwell'), 'agent', '--'],
    baseEnv,
    now,
    onFault: warn,
    around: around.runtime,
  });
  const pluginCache = createPluginCache({
    cacheFolder: folders.cache,
    registryFolder: folders.registry,
    fetchWithinMs: config.pluginFetchWithinMs,
    allowFileUrls: config.pluginAllowFile,
    allowPrivateAddresses: config.pluginAllowPrivate,
    allow: pluginAllow,
    githubUrl: config.pluginGithubUrl,
    giteaUrl: config.pluginGiteaUrl,
    ssh: { key: config.pluginSshKey, knownHosts: config.pluginSshKnownHosts },
    tokenFor: (host) => config.gitTokens[gitTokenName(host)] ?? supervisor.sourceSecret(gitTokenName(host)),
    env: baseEnv,
    now,
  });
  const cache = around.cache(pluginCache);
  const sets = around.sets(
    createPluginSets({
      foldersOf: folders.workspace,
      cacheFolder: folders.cache,
      keep: config.pluginKeep,
      now,
    }),
  );
  // What the installation does not allow is refused where it is declared, and once more when it is fetched.
  const readDeclaration = (input: unknown) => {
    const declaration = parseDeclaration(input as DeclarationInput);
    if (pluginAllow !== null) checkAllowed(declaration.source, pluginAllow);
    return declaration;
  };
  const templates = openTemplates(folders.templates, {
    parseDeclaration: readDeclaration,
    readPolicy: (policy) => readPolicy(policy, config.policy),
  });
  const supervisor = createSupervisor({
    store: notifications.store,
    onHold: notifications.noteHold,
    runtimes,
    placeTemplate: (template, id) => templates.place(template, folders.workspace(id)),
    reconciler: (host) => createReconciler({ cache, sets, checkAllowed, allow: pluginAllow, ...host }),
    vault: openVault({ file: folders.secretKey, given: config.secretKey }),
    pluginCheckEveryMs: config.pluginCheckEveryMs,
    silenceHoldMs: config.silenceHoldMs,
    collectGarbage: async (workspaces) => {
      const freed = await pluginCache.collectGarbage({
        sets,
        workspaceIds: workspaces.map(({ id }) => id),
        sources: workspaces.flatMap(({ spec }) => spec.plugins.map(({ source }) => source)),
        unusedForMs: config.pluginCacheKeepMs,
      });
      log.info(freed, 'the plugin cache was looked through');
    },
    clock,
    dice,
    hasher: tokenHasher,
    log,
    adminToken: admin.token,
    policyDefaults: config.policy,
    beatIntervalMs: config.beatIntervalMs,
    observer: tracing === null ? metrics.observer : observeAll([metrics.observer, tracing.observer]),
    enrolment: config.enrolment,
    ...(adaptMachine === undefined ? {} : { adaptMachine }),
  });

  const machines = createCatalogue([workspaceMachine, reconcileMachine, supervisorMachine]);
  const misbehave = createMisbehave(folders.workspace);
  const serve = (): HttpApp =>
    createHttpServer({
      supervisor,
      logger: log,
      adminToken: null,
      sessionKey: sessionKeyOf(admin.token),
      uiFolder: join(PACKAGE, 'dist', 'ui'),
      build: { version, node: process.version },
      parseDeclaration: readDeclaration,
      checkAllowed,
      loadTemplate: templates.load,
      misbehave,
      listTemplates: templates.list,
      machines,
      listRegistry: () => listRegistry(folders.registry),
      pluginSources: describeSources({
        allow: pluginAllow,
        giteaUrl: config.pluginGiteaUrl,
        allowFileUrls: config.pluginAllowFile,
      }),
      vitals: () => ({ loop: loopWatch.view(), memory: memoryNow(), commits: opened.vitals() }),
      metrics: { ...metrics, token: config.metricsToken, isPublic: config.metricsPublic },
      requestBegan: tracing?.requestBegan,
      notifications: notifications.side,
      writePathTest,
      inspect: config.inspect,
      rateLimit: config.rateLimit,
      audit: store,
      ...(config.publicUrl === null ? {} : { publicUrl: config.publicUrl }),
      now,
      enrolment: config.enrolment,
      policyDefaults: config.policy,
    });
  let http: HttpApp | null = null;
  const serverFile = join(folders.root, 'server.json');

  return {
    supervisor,
    store,
    folders,
    admin,
    version,
    /** Restores, listens, and lets everything happen. Returns the address. */
    async start(): Promise<string> {
      notifications.load();
      supervisor.restore();
      http = serve();
      const url = await listen(http, config);
      writeFileSync(serverFile, `${JSON.stringify({ url, pid })}\n`, { mode: 0o600 });
      await supervisor.resume(url);
      notifications.begin();
      return url;
    },
    async close(): Promise<void> {
      rmSync(serverFile, { force: true });
      // First the door: whatever is accepted after the supervisor has closed would be lost.
      await http?.close();
      await supervisor.close();
      notifications.close();
      for (const runtime of Object.values(runtimes)) await runtime.close();
      await store.close();
      loopWatch.close();
      lock.release();
    },
  };
};

/**
 * Runs the supervisor until SIGTERM or SIGINT. Resolves to the exit code.
 *
 * A second signal ends it at once; nothing acknowledged is lost by that, and agents go on in any case.
 */
export const runSupervisor = async (config: Config): Promise<number> => {
  const log = openLog(config.logLevel);
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'an error nobody foresaw; the next start restores everything');
    process.exit(70);
  });
  const traces = await openTracing({ version: packageVersion(), ...config.traces }, log);
  const keepwell = assemble(config, { clock: systemClock, log, tracing: traces?.tracing ?? null });
  const signalled = nextSignal();
  try {
    const url = await Promise.race([keepwell.start(), signalled.then(() => null)]);
    if (url !== null) greet(keepwell, url);
    const signal = await signalled;
    log.info({ signal }, 'stopping; agents go on');
    nextSignal().then(() => process.exit(0), log.error);
  } finally {
    await keepwell.close();
    await traces?.close();
  }
  return 0;
};

const greet = ({ admin, version, folders, supervisor }: ReturnType<typeof assemble>, url: string): void => {
  const workspaces = Object.values(supervisor.health().workspaces).reduce((sum, count) => sum + count, 0);
  const token = admin.isNew ? admin.token : null;
  process.stdout.write(banner({ version, url, data: folders.root, newToken: token, workspaces }));
};

const nextSignal = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });

/** A pattern that makes no sense stops the start: fewer sources are allowed than somebody believes, or more. */
const readAllowList = ({ pluginAllow }: Config): string[] | null => {
  try {
    return pluginAllow?.map(parseAllowPattern) ?? null;
  } catch (error) {
    const { message, hint } = error as KeepwellError;
    throw new KeepwellError('CONFIG_INVALID', { message: `plugin_allow: ${message}`, hint, cause: error });
  }
};

const makeFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new KeepwellError('DATA_FOLDER_UNUSABLE', { message: (error as Error).message, cause: error });
  }
};

const memoryNow = () => {
  const { rss, heapUsed } = process.memoryUsage();
  return { rssBytes: rss, heapUsedBytes: heapUsed };
};
