import { setTimeout as pause } from 'node:timers/promises';
import { type Case, expectThat, NotApplicable } from '../../case.ts';
import type { AgentWorld } from '../agent-world.ts';
import { beatReply } from '../fake-server.ts';
import { type OfferedPlugin, offerPlugins, packOffer } from '../offered-plugins.ts';

const FIRST = { 'plugin.yaml': 'name: first\nversion: 1.0.0\n', 'code.js': 'one' };
const SECOND = { 'plugin.yaml': 'name: second\nversion: 1.0.0\n', 'deep/er/code.js': 'two' };

type Pulling = AgentWorld & {
  plugins: ReturnType<typeof offerPlugins>;
  first: OfferedPlugin;
  second: OfferedPlugin;
  isComplete(): Promise<void>;
};

/** A case about an agent that fetches its plugins by itself. */
const pulling = (id: string, title: string, run: (world: Pulling) => Promise<void>): Case<AgentWorld> => ({
  id: `pulling/${id}`,
  title,
  async run(world) {
    if (!world.pullsPlugins)
      throw new NotApplicable('It is not said that it fetches plugins (--pulls-plugins).');
    const plugins = offerPlugins(world.workspaceId);
    world.server.tell((heard) => {
      if (heard.path !== '/registry/heartbeat') return plugins.answer(heard);
      const { generation, isPending } = plugins.state();
      return { body: beatReply({ plugins_generation: generation, plugins_pending: isPending }) };
    });
    await run({
      ...world,
      plugins,
      first: await packOffer('first', FIRST),
      second: await packOffer('second', SECOND),
      isComplete: () =>
        world.until(
          `a complete report of plugin generation ${plugins.state().generation}`,
          plugins.isComplete,
          () => plugins.reports.at(-1) ?? 'no report',
          world.patienceMs * 2,
        ),
    });
  },
});

const fullDownloads = ({ plugins }: Pulling, name: string): number =>
  plugins.downloads.filter((each) => each.name === name && each.status === 200).length;

/** How an agent elsewhere gets its plugins. */
export const pullingCases: Case<AgentWorld>[] = [
  pulling(
    'fetches-and-reports',
    'What is offered is fetched with the token, and reported with the hash of each plugin',
    async (world) => {
      const { server, token, plugins, first, second, start, isComplete } = world;
      plugins.offer([first, second]);
      await start();
      await isComplete();
      for (const { name } of [first, second]) {
        expectThat(fullDownloads(world, name) === 1, `one download of ${name}`, plugins.downloads);
      }
      const about = server.heard.filter(({ path }) => path.startsWith('/workspaces/'));
      expectThat(
        about.every((heard) => heard.token === token),
        'the token on each request',
        'a request without it',
      );
    },
  ),
  pulling('fetches-nothing-twice', 'What is in place is not fetched again', async (world) => {
    const { plugins, first, second, start, isComplete, beatsUntil, server } = world;
    plugins.offer([first, second]);
    await start();
    await isComplete();
    await beatsUntil(server.beats().length + 3);
    expectThat(
      fullDownloads(world, 'first') === 1 && fullDownloads(world, 'second') === 1,
      'one download of each',
      plugins.downloads,
    );
  }),
  pulling(
    'fetches-what-changed',
    'Of a new generation only what changed is fetched, without another start',
    async (world) => {
      const { plugins, first, second, start, isComplete, stillRuns } = world;
      plugins.offer([first, second]);
      await start();
      await isComplete();
      const changed = await packOffer('second', { ...SECOND, 'deep/er/code.js': 'three' });
      plugins.offer([first, changed]);
      await isComplete();
      expectThat(fullDownloads(world, 'first') === 1, 'one download of what stayed', plugins.downloads);
      expectThat(fullDownloads(world, 'second') === 2, 'two downloads of what changed', plugins.downloads);
      stillRuns('while its plugins change');
    },
  ),
  pulling(
    'drops-what-is-gone',
    'What is no longer offered is no longer reported',
    async ({ plugins, first, second, start, isComplete }) => {
      plugins.offer([first, second]);
      await start();
      await isComplete();
      plugins.offer([first]);
      await isComplete();
    },
  ),
  pulling(
    'damaged-is-not-installed',
    'An archive whose content is not what its hash says is not reported as installed, and is tried again',
    async (world) => {
      const { plugins, first, second, start, isComplete, until, stillRuns, patienceMs } = world;
      const other = await packOffer('first', { ...FIRST, 'code.js': 'evil' });
      const headers = { 'content-type': 'application/gzip', etag: `"${first.treeHash}"` };
      plugins.instead.set('first', () => ({ body: other.archive, headers }));
      plugins.offer([first, second]);
      await start();
      await until(
        'a download of the damaged one',
        () => fullDownloads(world, 'first') > 0,
        () => plugins.downloads,
      );
      await pause(Math.min(3_000, patienceMs));
      expectThat(!plugins.isComplete(), 'no complete report', plugins.reports.at(-1));
      const claims = plugins.reports.flatMap((report) =>
        report.plugins.filter(({ name, tree_hash: its }) => name === 'first' && its === first.treeHash),
      );
      expectThat(claims.length === 0, 'no report that claims its hash', claims);
      stillRuns('with a damaged plugin');
      plugins.instead.clear();
      await isComplete();
    },
  ),
  pulling(
    'one-missing-costs-one',
    'A plugin that cannot be had costs that one alone, and no beat',
    async (world) => {
      const { server, plugins, first, second, start, isComplete, until, beatsUntil, stillRuns } = world;
      plugins.instead.set('first', () => ({
        status: 503,
        body: { error: 'not now', code: 'NOT_READY', hint: '' },
      }));
      plugins.offer([first, second]);
      await start();
      const hasSecond = () =>
        plugins.reports.some((report) =>
          report.plugins.some(
            ({ name, tree_hash: its, sha256 }) => name === 'second' && (its ?? sha256) === second.treeHash,
          ),
        );
      await until(
        'a report of the one that is to be had',
        hasSecond,
        () => plugins.reports.at(-1) ?? 'no report',
      );
      await beatsUntil(server.beats().length + 2);
      const tries = plugins.downloads.filter(({ name }) => name === 'first').length;
      expectThat(tries <= 6, 'no hammering for the other', `${tries} downloads`);
      stillRuns('without one of its plugins');
      plugins.instead.clear();
      await isComplete();
    },
  ),
];
