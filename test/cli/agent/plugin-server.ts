/** A small server that plays the routes an agent elsewhere needs: what it offers are real folders, really packed. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { DEFAULT_LIMITS } from '../../../src/plugins/limits.ts';
import { packPlugin } from '../../../src/plugins/sets/pack-plugin.ts';
import { hashTree } from '../../../src/plugins/tree/hash-tree.ts';

type Offer = { folder: string; treeHash: string; coreHash: string; restart: string };
type Report = {
  generation: number;
  plugins: { name: string; tree_hash: string | null; status: string; error?: string }[];
};
type Seen = { method: string; path: string; etag: string | undefined };

const OPTIONS = { limits: DEFAULT_LIMITS, signal: new AbortController().signal };

export const openPluginServer = async () => {
  const root = await mkdtemp(join(tmpdir(), 'keepwell-offers-'));
  const offers = new Map<string, Offer>();
  const seen: Seen[] = [];
  const reports: Report[] = [];
  const state = {
    generation: 0,
    pending: false,
    /** The server installs the plugins itself. */
    owned: false,
    /** Sends something else than the archive of a plugin. */
    instead: new Map<string, () => Readable>(),
  };

  const judge = (report: Report) => {
    reports.push(report);
    const had = new Map(report.plugins.map((plugin) => [plugin.name, plugin.tree_hash]));
    const differences = [
      ...[...offers]
        .filter(([name, { treeHash }]) => had.get(name) !== treeHash)
        .map(([name]) => ({ name, action: 'fetch' })),
      ...[...had.keys()].filter((name) => !offers.has(name)).map((name) => ({ name, action: 'remove' })),
    ];
    const complete = report.generation === state.generation && differences.length === 0;
    state.pending = !complete;
    return { complete, generation: state.generation, differences };
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { method = '', url: path = '' } = request;
    const etag = request.headers['if-none-match'];
    seen.push({ method, path, etag });
    const json = (body: unknown, status = 200) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    if (path === '/registry/register') return json({ status: 'registered' });
    if (path === '/registry/heartbeat') {
      return json({
        workspace_status: 'online',
        interval_seconds: 0.1,
        plugins_generation: state.generation,
        plugins_pending: state.pending && !state.owned,
      });
    }
    if (path === '/workspaces/w1/plugins/lock') {
      const plugins = [...offers].map(([name, { treeHash, coreHash, restart }]) => ({
        name,
        source: `local://${name}`,
        revision: null,
        tree_hash: treeHash,
        core_hash: coreHash,
        restart,
      }));
      return json({ generation: state.generation, plugins });
    }
    if (path === '/workspaces/w1/plugin-install-report') {
      return state.owned
        ? json({ error: 'ours', code: 'STATE_CONFLICT' }, 409)
        : json(judge(JSON.parse(text)));
    }
    const name = /^\/workspaces\/w1\/plugins\/([^/]+)\/download$/.exec(path)?.[1] ?? '';
    const offer = offers.get(name);
    if (offer === undefined) return json({ error: 'not there', code: 'PLUGIN_NOT_INSTALLED' }, 404);
    response.writeHead(200, { 'content-type': 'application/gzip', etag: `"${offer.treeHash}"` });
    const stream = state.instead.get(name)?.() ?? packPlugin(offer.folder, OPTIONS);
    stream.on('error', () => response.destroy()).pipe(response);
    response.on('close', () => stream.destroy());
  };

  const server = createServer(
    (request, response) => void answer(request, response).catch(() => response.destroy()),
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  let count = 0;

  return {
    url: `http://127.0.0.1:${port}`,
    state,
    seen,
    reports,
    downloads: () => seen.filter(({ path }) => path.endsWith('/download')),
    hashOf: (name: string) => offers.get(name)?.treeHash,
    /** Puts another set in force: files by plugin; what is not named goes. */
    async offer(plugins: Record<string, Record<string, string>>, restart = 'auto') {
      const next: [string, Offer][] = [];
      for (const [name, files] of Object.entries(plugins)) {
        count += 1;
        const folder = join(root, `${name}-${count}`);
        for (const [path, text] of Object.entries(files)) {
          await mkdir(dirname(join(folder, path)), { recursive: true });
          await writeFile(join(folder, path), text);
        }
        next.push([name, { folder, ...(await hashTree(folder, OPTIONS)), restart }]);
      }
      // At once: whoever asks meanwhile sees one set or the other.
      offers.clear();
      for (const [name, offer] of next) offers.set(name, offer);
      state.generation += 1;
      state.pending = true;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      await rm(root, { recursive: true, force: true });
    },
  };
};

export type PluginServer = Awaited<ReturnType<typeof openPluginServer>>;
