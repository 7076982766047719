import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createExternal } from './external-agent.ts';
import { type PastedAgent, paste } from './pasted-agent.ts';
import {
  type Answer,
  createDataFolder,
  eventually,
  freePort,
  type Program,
  startProgram,
} from './program.ts';
import { isNetworkSkipped, openSecondNetwork } from './second-network.ts';

const SNIPPETS = [
  ['curl', ['busybox', 'sh']],
  ['node', [process.execPath]],
  ['python', ['python3']],
] as const;

/** A relay as somebody would write one: two agents behind it, one request for both. */
const relaySnippet = (url: string, token: string, ids: readonly string[]): string => `
while true; do
  curl -sS -m 5 -H 'authorization: Bearer ${token}' -H 'content-type: application/json' \\
    -d '${JSON.stringify({ beats: ids.map((id) => ({ workspace_id: id })) })}' ${url}/registry/heartbeats
  sleep 0.3
done
`;

describe.skipIf(isNetworkSkipped)('agents on another box that are not ours', () => {
  let network: ReturnType<typeof openSecondNetwork>;
  let data: ReturnType<typeof createDataFolder>;
  let program: Program;
  let agents: PastedAgent[] = [];

  beforeAll(async () => {
    network = openSecondNetwork();
    data = createDataFolder();
    const port = await freePort();
    program = await startProgram({
      data: data.path,
      port,
      args: ['up', '--host', '0.0.0.0', '--allow-remote'],
      env: {
        KEEPWELL_PUBLIC_URL: `http://${network.address}:${port}`,
        KEEPWELL_OFFLINE_AFTER: '2s',
        // The whole fleet is behind one cable here, and each is to be judged for itself.
        KEEPWELL_SILENCE_HOLD: '0s',
      },
    });
  });
  afterAll(async () => {
    for (const agent of agents) await agent.kill();
    agents = [];
    await program.kill9();
    data.remove();
    network.remove();
  });

  const words = () => agents.map((agent) => agent.output()).join('\n');
  const allAre = (ids: readonly string[], isSo: (view: Answer) => boolean, what: string) =>
    eventually(what, async () => {
      const views = await Promise.all(ids.map((id) => program.api.view(id)));
      return views.every(isSo);
    }).catch((error: Error) => {
      throw new Error(`${error.message}: ${words()}`);
    });
  const statesOf = async (id: string): Promise<string[]> =>
    (await program.api.history(id))
      .filter(({ kind, from, to }: Answer) => kind === 'transition' && from !== to)
      .map(({ to }: Answer) => to);

  it('come online, are missed once the cable is cut, and are reconciled anew when it is mended', async () => {
    const created = await Promise.all(
      SNIPPETS.map(([name]) => createExternal(program.api, `far-${name}`, [])),
    );
    const relayed = await Promise.all(
      ['relayed-one', 'relayed-two'].map((name) => createExternal(program.api, name, [])),
    );
    const ids = [...created, ...relayed].map(({ id }) => id as string);
    await allAre(ids, ({ status }) => status === 'awaiting_agent', 'all being awaited');

    const { token } = await program.api.post('/tokens', { name: 'edge', role: 'relay' });
    const relay = relaySnippet(
      `${created[0].connection.url}`,
      token,
      relayed.map(({ id }) => id as string),
    );
    agents = [
      ...SNIPPETS.map(([name, command], at) =>
        paste(created[at].connection.snippets[name], network.command(command)),
      ),
      paste(relay, network.command(['sh'])),
    ];
    await allAre(ids, ({ state }) => state === 'wanted.online.converged', 'all being online');

    network.cut();
    const isMissed = ({ status, reason }: Answer) => status === 'awaiting_agent' && reason !== null;
    await allAre(ids, isMissed, 'all being missed');
    network.mend();
    await allAre(ids, ({ state }) => state === 'wanted.online.converged', 'all being online again');

    const once = ['wanted.online.reconciling', 'wanted.online.converged'];
    for (const id of ids) {
      const states = (await statesOf(id)).filter((state) => state !== 'wanted.provisioning');
      expect(states).toEqual(['wanted.awaitingAgent', ...once, 'wanted.awaitingAgent', ...once]);
    }
  });

  it('are refused without the token of their workspace, wherever they are', async () => {
    const { id, connection } = await createExternal(program.api, 'far-stranger', []);
    const text = connection.snippets.curl.replace(/^KEEPWELL_TOKEN=.*$/m, 'KEEPWELL_TOKEN=kww_guessed');
    const agent = paste(text, network.command(['sh']));
    agents.push(agent);
    await eventually('the refusal', async () => agent.output().includes('UNAUTHORIZED'));
    expect(await program.api.view(id)).toMatchObject({ status: 'awaiting_agent', last_heartbeat_at: null });
  });
});
