import { type Case, expectThat } from '../../case.ts';
import { installPlugins, untilOffered } from '../equip.ts';
import { field, listAt, told } from '../http.ts';
import { eventually, expectField, expectStatus } from '../played.ts';
import type { ServerWorld } from '../world.ts';

const MISSING = 'local://conform-there-is-no-such-plugin';
const OTHER_HASH = '0'.repeat(64);

/** What an agent elsewhere fetches and reports, and what operators declare. */
export const pluginCases: Case<ServerWorld>[] = [
  {
    id: 'plugins/declared-listed',
    title: 'GET …/plugins/declared lists what was declared, with its generation',
    async run({ open, plugin, http, adminToken }) {
      const wanted = await plugin();
      const agent = await open({ plugins: [wanted] });
      const reply = await http('GET', `/workspaces/${agent.id}/plugins/declared`, { token: adminToken });
      expectStatus(reply, 'GET …/plugins/declared', [200]);
      const [first] = listAt(reply.body, 'plugins');
      expectField(first, 'source', wanted.source);
      expectThat(typeof reply.body.generation === 'number', 'generation to be a number', told(reply));
    },
  },
  {
    id: 'plugins/download-of-what-is-offered',
    title:
      'A plugin in force is downloaded as tar.gz; its ETag is its tree hash, and If-None-Match is answered 304',
    async run(world) {
      const agent = await world.open({ plugins: [await world.plugin()] });
      const offered = await untilOffered(agent, world.patienceMs);
      for (const { name, hash } of offered.plugins) {
        const reply = await agent.get(`plugins/${name}/download`);
        expectStatus(reply, 'the download', [200]);
        const [first, second] = reply.bytes;
        expectThat(first === 0x1f && second === 0x8b, 'a gzip archive', [first, second]);
        const etag = reply.headers.get('etag');
        expectThat(etag === `"${hash}"`, `ETag "${hash}"`, etag ?? 'none');
        const again = await agent.get(`plugins/${name}/download`, { 'if-none-match': `"${hash}"` });
        expectStatus(again, 'the download with If-None-Match', [304]);
      }
    },
  },
  {
    id: 'plugins/download-of-another-refused',
    title: 'A plugin that is not in force is answered 404, and nobody downloads without a token',
    async run(world) {
      const agent = await world.open({ plugins: [await world.plugin()] });
      const { plugins } = await untilOffered(agent, world.patienceMs);
      expectStatus(await agent.get('plugins/conform-no-such/download'), 'the download', [404]);
      const path = `/workspaces/${agent.id}/plugins/${plugins[0]?.name}/download`;
      expectStatus(await world.http('GET', path), 'the download without a token', [401]);
    },
  },
  {
    id: 'plugins/incomplete-report-told-so',
    title: 'A report that lacks a plugin, or has another content, is told what to fetch',
    async run(world) {
      const agent = await world.open({ plugins: [await world.plugin()] });
      const { generation, plugins } = await untilOffered(agent, world.patienceMs);
      const names = plugins.map(({ name }) => name);
      const reports = [[], names.map((name) => ({ name, tree_hash: OTHER_HASH }))];
      for (const reported of reports) {
        const reply = await agent.report({ generation, plugins: reported });
        expectStatus(reply, 'the report', [200]);
        expectField(reply.body, 'complete', false);
        const toFetch = listAt(reply.body, 'differences').filter(({ action }) => action === 'fetch');
        expectThat(
          toFetch.length === names.length,
          `${names.join(', ')} to be fetched`,
          reply.body.differences,
        );
      }
      expectField((await agent.beat()).body, 'plugins_pending', true);
      const view = await agent.view();
      expectThat(
        Number(field(view, 'plugins.installed')) < names.length,
        'nothing to count as installed',
        field(view, 'plugins'),
      );
    },
  },
  {
    id: 'plugins/complete-report-settles',
    title: 'A complete report is believed: nothing is pending, everything counts as installed',
    async run(world) {
      const agent = await world.open({ plugins: [await world.plugin()] });
      await installPlugins(agent, world.patienceMs);
      expectField((await agent.beat()).body, 'plugins_pending', false);
    },
  },
  {
    id: 'plugins/report-of-a-surplus-told-so',
    title: 'A report of a plugin that nobody declared is told to remove it',
    async run(world) {
      const agent = await world.open({ plugins: [await world.plugin()] });
      const { generation, plugins } = await untilOffered(agent, world.patienceMs);
      const reported = [
        ...plugins.map(({ name, hash }) => ({ name, tree_hash: hash })),
        { name: 'surplus', tree_hash: OTHER_HASH },
      ];
      const { body } = await agent.report({ generation, plugins: reported });
      expectField(body, 'complete', false);
      const differences = listAt(body, 'differences').map(
        ({ name, action }) => `${String(action)} ${String(name)}`,
      );
      expectThat(differences.join() === 'remove surplus', 'remove surplus', differences);
    },
  },
  {
    id: 'plugins/malformed-report-refused',
    title: 'A report that cannot be read is answered 400, one without a token 401',
    async run(world) {
      const agent = await world.open();
      await agent.goesOnline();
      expectStatus(await agent.report({ generation: 'latest', plugins: 'all' }), 'the report', [400]);
      const path = `/workspaces/${agent.id}/plugin-install-report`;
      const reply = await world.http('POST', path, { body: { generation: 0, plugins: [] } });
      expectStatus(reply, 'the report without a token', [401]);
    },
  },
  {
    id: 'plugins/one-bad-one-costs-one',
    title: 'A plugin that is not to be had is named with its reason and next try; the others are installed',
    async run(world) {
      const agent = await world.open({ plugins: [MISSING, await world.plugin()] });
      const { plugins } = await untilOffered(agent, world.patienceMs);
      expectThat(plugins.length === 1, 'the one that is there to be offered', plugins);
      const view = await agent.view();
      expectField(view, 'plugins.failed', 1);
      const [blocked] = listAt(view, 'plugins.blocked');
      const isSaid = typeof blocked?.message === 'string' && typeof blocked.retry_at === 'string';
      expectThat(isSaid, 'a message and a retry_at for it', blocked ?? 'nothing blocked');
      expectField(view, 'status', 'online');
    },
  },
  {
    id: 'plugins/wrong-source-refused',
    title: 'A source that is none is refused and changes nothing',
    async run({ open, plugin }) {
      const agent = await open({ plugins: [await plugin()] });
      const { generation } = await agent.view();
      expectStatus(await agent.declare(['nonsense://nowhere/at all']), 'PUT …/plugins/declared', [400, 422]);
      expectField(await agent.view(), 'generation', generation);
      expectField(await agent.view(), 'plugins.declared', 1);
    },
  },
  {
    id: 'plugins/none-at-all-must-be-meant',
    title: 'An empty list removes every plugin only with allow_empty',
    async run({ open, plugin }) {
      const agent = await open({ plugins: [await plugin()] });
      const reply = await agent.declare([]);
      expectThat(
        reply.status >= 400 && reply.status < 500,
        'PUT of an empty list to be refused',
        told(reply),
      );
      expectField(await agent.view(), 'plugins.declared', 1);
      expectStatus(await agent.declare([], { allow_empty: true }), 'PUT with allow_empty', [200, 202]);
      expectField(await agent.view(), 'plugins.declared', 0);
    },
  },
  {
    id: 'plugins/undeclared-is-taken-away',
    title: 'What is no longer declared is no longer offered, and to be removed',
    async run(world) {
      const agent = await world.open({ plugins: [await world.plugin()] });
      const { plugins, generation } = await installPlugins(agent, world.patienceMs);
      await agent.declare([], { allow_empty: true });
      const lock = await eventually(world.patienceMs, 'another plugin generation, without it', async () => {
        await agent.beat();
        const { body } = await agent.get('plugins/lock');
        const isEmpty = Number(body.generation) > generation && listAt(body, 'plugins').length === 0;
        return { met: isEmpty, value: body, seen: body };
      });
      const reported = plugins.map(({ name, hash }) => ({ name, tree_hash: hash }));
      const { body } = await agent.report({ generation: lock.generation, plugins: reported });
      expectField(body, 'complete', false);
      expectThat(
        listAt(body, 'differences').every(({ action }) => action === 'remove'),
        'it to be removed',
        body.differences,
      );
      expectField((await agent.report({ generation: lock.generation, plugins: [] })).body, 'complete', true);
    },
  },
];
