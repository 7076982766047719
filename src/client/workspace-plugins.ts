import { type CallOptions, ifMatch, type Transport } from './transport.ts';
import type {
  DeclaredPlugins,
  InstallReport,
  InstallReportAnswer,
  PluginDeclarations,
  PluginGenerations,
  PluginLock,
  PluginPlan,
  PluginToAdd,
  WorkspaceDetail,
  WorkspacePlugins,
} from './types.ts';

type ChangeOptions = CallOptions & { ifGeneration?: number };
/** A `tar.gz`, and the tree hash of what is in it. */
type Downloaded = { treeHash: string; bytes: Uint8Array };

/** The plugins of one workspace: declaring one is installing it, and the reconcile does the rest. */
export const createWorkspacePlugins = (
  transport: Transport,
  of: (key: string, ...rest: string[]) => string,
) => {
  const on = (key: string, ...rest: string[]) => of(key, 'plugins', ...rest);
  return {
    /** Declared, installed, blocked, held and outdated. */
    list: (key: string, call?: CallOptions): Promise<WorkspacePlugins> =>
      transport.json({ method: 'GET', path: on(key) }, call),
    declared: (key: string, call?: CallOptions): Promise<DeclaredPlugins> =>
      transport.json({ method: 'GET', path: on(key, 'declared') }, call),
    /** Declares exactly these. */
    declare: (
      key: string,
      body: PluginDeclarations,
      { ifGeneration, ...call }: ChangeOptions = {},
    ): Promise<DeclaredPlugins> =>
      transport.json(
        { method: 'PUT', path: on(key, 'declared'), headers: ifMatch(ifGeneration), body },
        call,
      ),
    /** Declares one more. */
    add: (
      key: string,
      plugin: string | PluginToAdd,
      { ifGeneration, ...call }: ChangeOptions = {},
    ): Promise<WorkspaceDetail> => {
      const body = typeof plugin === 'string' ? { source: plugin } : plugin;
      return transport.json({ method: 'POST', path: on(key), headers: ifMatch(ifGeneration), body }, call);
    },
    remove: (
      key: string,
      name: string,
      { ifGeneration, ...call }: ChangeOptions = {},
    ): Promise<WorkspaceDetail> =>
      transport.json({ method: 'DELETE', path: on(key, name), headers: ifMatch(ifGeneration) }, call),
    /** What a reconcile would do now; `refresh` follows every reference, over the network. */
    plan: (
      key: string,
      { refresh, ...call }: CallOptions & { refresh?: boolean } = {},
    ): Promise<PluginPlan> =>
      transport.json({ method: 'GET', path: on(key, 'plan'), query: { refresh } }, call),
    /** Exactly which are in force. */
    lock: (key: string, call?: CallOptions): Promise<PluginLock> =>
      transport.json({ method: 'GET', path: on(key, 'lock') }, call),
    /** The plugin generations that are still there, the newest first. */
    history: (key: string, call?: CallOptions): Promise<PluginGenerations> =>
      transport.json({ method: 'GET', path: on(key, 'history') }, call),
    /** Puts generation `to` in force again, by default the one before. */
    rollback: (key: string, { to, ...call }: CallOptions & { to?: number } = {}): Promise<WorkspaceDetail> =>
      transport.json(
        { method: 'POST', path: on(key, 'rollback'), body: to === undefined ? {} : { to } },
        call,
      ),
    /** Installs what references stand for now; of all of them by default. */
    update: (
      key: string,
      { plugins, ...call }: CallOptions & { plugins?: string[] } = {},
    ): Promise<WorkspaceDetail> =>
      transport.json({ method: 'POST', path: on(key, 'update'), body: plugins ? { plugins } : {} }, call),
    /** Lets one that is held back be installed again. */
    release: (key: string, name: string, call?: CallOptions): Promise<WorkspaceDetail> =>
      transport.json({ method: 'POST', path: on(key, name, 'release') }, call),
    /** Wants to hear no more of the newer version that is known. */
    dismiss: (key: string, name: string, call?: CallOptions): Promise<{ status: 'dismissed' }> =>
      transport.json({ method: 'POST', path: on(key, name, 'dismiss') }, call),
    /** One plugin as it is installed; null when its tree hash is still `ifNoneMatch`. */
    download: (
      key: string,
      name: string,
      { ifNoneMatch, ...call }: CallOptions & { ifNoneMatch?: string } = {},
    ): Promise<Downloaded | null> =>
      transport.ask(
        {
          method: 'GET',
          path: on(key, name, 'download'),
          headers: {
            accept: 'application/gzip',
            'if-none-match': ifNoneMatch === undefined ? undefined : `"${ifNoneMatch}"`,
          },
          also: [304],
        },
        async (response) =>
          response.status === 304
            ? null
            : { treeHash: hashOf(response), bytes: new Uint8Array(await response.arrayBuffer()) },
        call,
      ),
    /** The tree hash that `download` would give. */
    downloadHash: (key: string, name: string, call?: CallOptions): Promise<string> =>
      transport.ask(
        { method: 'HEAD', path: on(key, name, 'download') },
        async (response) => hashOf(response),
        call,
      ),
    /** Says what an agent elsewhere has in place; complete. */
    report: (key: string, body: InstallReport, call?: CallOptions): Promise<InstallReportAnswer> =>
      transport.json({ method: 'POST', path: of(key, 'plugin-install-report'), body }, call),
  };
};

const hashOf = ({ headers }: Response): string => (headers.get('etag') ?? '').replaceAll('"', '');
