import { expectThat } from '../case.ts';
import { field, listAt, told } from './http.ts';
import { eventually, expectField, expectStatus, type Played, pause } from './played.ts';

export type Offered = { generation: number; plugins: { name: string; hash: string }[] };

/** Long enough for a second restart to be asked for, if one were. */
const STILL_FOR_MS = 900;
const BEAT_EVERY_MS = 150;

/** Beats until replies say that plugins wait to be fetched; gives what is offered. */
export const untilOffered = async (agent: Played, patienceMs: number): Promise<Offered> => {
  const { body } = await eventually(patienceMs, 'replies that say plugins_pending', async () => {
    const reply = await agent.beat();
    const { workspace_status: status, plugins_pending: pending } = reply.body;
    return {
      met: pending === true,
      value: reply,
      seen: reply.status === 200 ? { status, plugins_pending: pending } : told(reply),
    };
  });
  const lock = await agent.get('plugins/lock');
  expectStatus(lock, 'GET …/plugins/lock', [200]);
  expectField(lock.body, 'generation', body.plugins_generation);
  const plugins = listAt(lock.body, 'plugins').map(({ name, tree_hash: hash }) => ({
    name: String(name),
    hash: String(hash),
  }));
  expectThat(plugins.length > 0, 'at least one plugin to be offered', told(lock));
  return { generation: Number(lock.body.generation), plugins };
};

/** Does what an agent elsewhere does about its plugins: fetches and reports them. Gives what is in place then. */
export const installPlugins = async (agent: Played, patienceMs: number): Promise<Offered> => {
  const offered = await untilOffered(agent, patienceMs);
  for (const { name } of offered.plugins) {
    expectStatus(await agent.get(`plugins/${name}/download`), `the download of ${name}`, [200]);
  }
  const plugins = offered.plugins.map(({ name, hash }) => ({ name, tree_hash: hash, status: 'installed' }));
  const reply = await agent.report({ generation: offered.generation, plugins });
  expectStatus(reply, 'the install report', [200]);
  expectField(reply.body, 'complete', true);
  await isSettled(agent, patienceMs);
  return offered;
};

/** Everything that is declared counts as installed, and the spec as observed. */
export const isSettled = (agent: Played, patienceMs: number): Promise<void> =>
  eventually(patienceMs, 'every declared plugin to be installed', async () => {
    await agent.beat();
    const view = await agent.view();
    const [declared, installed] = [field(view, 'plugins.declared'), field(view, 'plugins.installed')];
    const met =
      declared === installed && view.observed_generation === view.generation && view.status === 'online';
    return {
      met,
      value: undefined,
      seen: `${String(installed)} of ${String(declared)} while ${String(view.status)}`,
    };
  });

/**
 * The promise of this program, for an agent elsewhere that has come online by some way: what it declared is
 * installed, exactly one restart is asked for, and then there is peace.
 */
export const expectEquippedAfterOneRestart = async (agent: Played, patienceMs: number): Promise<void> => {
  const { generation } = await installPlugins(agent, patienceMs);
  await eventually(patienceMs, 'replies that say restart_pending', async () => {
    const { body } = await agent.beat();
    return { met: body.restart_pending === true || agent.restartsAsked() > 0, value: null, seen: body };
  });
  // The agent that was started anew introduces itself.
  expectStatus(await agent.register(), 'the register', [200]);
  const end = performance.now() + STILL_FOR_MS;
  while (performance.now() < end) {
    const { body } = await agent.beat();
    expectField(body, 'restart_pending', false);
    expectField(body, 'plugins_pending', false);
    expectField(body, 'plugins_generation', generation);
    expectField(body, 'workspace_status', 'online');
    await pause(BEAT_EVERY_MS);
  }
  expectThat(
    agent.restartsAsked() === 1,
    'exactly one restart to be asked for',
    `${agent.restartsAsked()} restarts`,
  );
};
