import { hash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { type Heard, refusal, type Told } from './fake-server.ts';

/** A plugin as a server offers it. */
export type OfferedPlugin = { name: string; treeHash: string; archive: Uint8Array };

export type Report = {
  generation: unknown;
  plugins: { name?: unknown; tree_hash?: unknown; sha256?: unknown; status?: unknown }[];
};

/** Packs a plugin: its files by path, and the hash that stands for them. */
export const packOffer = async (name: string, files: Record<string, string>): Promise<OfferedPlugin> => {
  const tar = pack();
  const paths = Object.keys(files).sort();
  for (const path of paths) tar.entry({ name: path, mode: 0o644, mtime: new Date(0) }, files[path] ?? '');
  tar.finalize();
  const records = paths.map((path) => `${path}\0-\0${hash('sha256', files[path] ?? '')}\n`);
  return { name, treeHash: hash('sha256', records.join('')), archive: gzipSync(await buffer(tar)) };
};

/** The plugin routes of a server, for one workspace whose agent fetches by itself. */
export const offerPlugins = (workspaceId: string) => {
  const base = `/workspaces/${workspaceId}`;
  let offered: readonly OfferedPlugin[] = [];
  let generation = 0;
  let isPending = false;
  const reports: Report[] = [];
  const downloads: { name: string; etag: string | null; status: number }[] = [];
  /** Answers in place of an archive, by the name of the plugin. */
  const instead = new Map<string, () => Told>();

  const judge = (report: Report): Told => {
    reports.push(report);
    const had = new Map(report.plugins.map((each) => [each.name, each.tree_hash ?? each.sha256]));
    const differences = [
      ...offered
        .filter(({ name, treeHash }) => had.get(name) !== treeHash)
        .map(({ name }) => ({ name, action: 'fetch' })),
      ...[...had]
        .filter(([name, its]) => its && !offered.some((each) => each.name === name))
        .map(([name]) => ({ name, action: 'remove' })),
    ];
    const complete = report.generation === generation && differences.length === 0;
    isPending = !complete;
    return { body: { complete, generation, differences } };
  };

  const download = (name: string, etag: string | null): Told => {
    const plugin = offered.find((each) => each.name === name);
    if (plugin === undefined)
      return refusal(404, 'PLUGIN_NOT_INSTALLED', 'No plugin with that name is installed.');
    const headers = { 'content-type': 'application/gzip', etag: `"${plugin.treeHash}"` };
    if (etag?.includes(plugin.treeHash)) return { status: 304, headers };
    return instead.get(name)?.() ?? { body: plugin.archive, headers };
  };

  return {
    reports,
    downloads,
    instead,
    state: () => ({ generation, isPending }),
    isComplete: () => generation > 0 && !isPending,
    /** Puts another set in force. */
    offer(plugins: readonly OfferedPlugin[]): void {
      offered = plugins;
      generation += 1;
      isPending = true;
    },
    /** Answers what concerns plugins; undefined for everything else. */
    answer({ method, path, body, headers }: Heard): Told | undefined {
      if (path === `${base}/plugins/lock`) {
        const plugins = offered.map(({ name, treeHash }) => ({
          name,
          source: `local://${name}`,
          revision: null,
          tree_hash: treeHash,
          core_hash: treeHash,
          restart: 'auto',
        }));
        return { body: { generation, plugins } };
      }
      if (path === `${base}/plugin-install-report` && method === 'POST') {
        const isReport = Array.isArray(body?.plugins);
        return isReport
          ? judge(body as unknown as Report)
          : refusal(400, 'BAD_REQUEST', 'The request is not valid.');
      }
      const name = path.startsWith(`${base}/plugins/`) && /\/plugins\/([^/]+)\/download$/.exec(path)?.[1];
      if (!name) return undefined;
      const etag = headers['if-none-match'] ?? null;
      const told = download(decodeURIComponent(name), etag);
      downloads.push({ name, etag, status: told.status ?? 200 });
      return told;
    },
  };
};
