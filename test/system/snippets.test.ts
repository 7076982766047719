import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createExternal } from './external-agent.ts';
import { type PastedAgent, paste } from './pasted-agent.ts';
import {
  type Answer,
  createDataFolder,
  eventually,
  keepwell,
  type Program,
  startProgram,
  stopAgents,
} from './program.ts';

let data: ReturnType<typeof createDataFolder>;
let program: Program;
let pasted: PastedAgent[] = [];

beforeAll(async () => {
  data = createDataFolder();
  program = await startProgram({ data: data.path });
});
afterEach(async () => {
  for (const agent of pasted) await agent.kill();
  pasted = [];
});
afterAll(async () => {
  await program.kill9();
  stopAgents(data.path);
  data.remove();
});

const into = (text: string, command: readonly string[], env?: Record<string, string>): PastedAgent => {
  const agent = paste(text, command, env);
  pasted.push(agent);
  return agent;
};

/** It beats again and again, and is converged: there is nothing that it would have to fetch. */
const isOnline = (id: string, agent: PastedAgent): Promise<Answer> =>
  eventually('the pasted agent being online', async () => {
    const view = await program.api.view(id);
    const since = Date.parse(view.last_heartbeat_at) - Date.parse(view.since);
    return view.status === 'online' && since > 300 ? view : null;
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${agent.output()}`);
  });

describe('the snippets of an external workspace', () => {
  it.each([
    ['curl', 'a shell', ['sh']],
    ['curl', 'the prompt of bash', ['bash', '--norc', '-i']],
    ['curl', 'the shell of busybox', ['busybox', 'sh']],
    ['node', 'node', [process.execPath]],
    ['node', 'the prompt of node', [process.execPath, '-i']],
    ['python', 'python3', ['python3']],
    ['python', 'the prompt of python3', ['python3', '-i']],
  ])(
    'the one for %s, pasted into %s as it was told at the creation, is an agent',
    async (name, _, command) => {
      const created = await createExternal(
        program.api,
        `paste-${command.join('').replaceAll(/[^a-z]/g, '')}`,
        [],
      );
      const agent = into(created.connection.snippets[name], command);
      expect(await isOnline(created.id, agent)).toMatchObject({ state: 'wanted.online.converged' });
    },
  );

  it.each([
    ['curl', ['sh'], /wants no more.*WORKSPACE_REMOVED/],
    ['node', [process.execPath], /not taken: 410/],
    ['python', ['python3'], /not taken: HTTP Error 410/],
  ])(
    '`keepwell connect --as %s` prints an agent that takes its token from the environment, and ends once it is removed',
    async (name, command, lastWords) => {
      const created = await createExternal(program.api, `connect-${name}`, []);
      const { code, stdout } = await keepwell(data.path, ['connect', `connect-${name}`, '--as', name]);
      expect([code, stdout]).toEqual([0, expect.not.stringContaining(created.auth_token)]);
      const agent = into(stdout, command, { KEEPWELL_TOKEN: created.auth_token });
      await isOnline(created.id, agent);
      await program.api.request('DELETE', `/workspaces/${created.id}`);
      expect(await agent.exited).toBe(0);
      expect(agent.output()).toMatch(lastWords);
    },
  );

  it('`keepwell connect` says what is needed, and refuses what Keepwell starts by itself', async () => {
    const { id } = await createExternal(program.api, 'told', []);
    const { stdout } = await keepwell(data.path, ['connect', 'told']);
    expect(stdout).toContain(`KEEPWELL_WORKSPACE_ID=${id}`);
    expect(stdout).toContain(`KEEPWELL_URL=${program.api.url}`);
    await program.api.post('/workspaces', { name: 'ours', command: ['sleep', '60'] });
    const refused = await keepwell(data.path, ['connect', 'ours']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('Only external workspaces')]);
  });
});
