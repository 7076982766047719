/** The program inside the test, and one agent of each kind whose beats are judged: the test beats for it. */

import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { isConverged, openInProcess, writtenHistory } from './in-process.ts';
import { type Answer, eventually, type Reply, tokenOf } from './program.ts';

export const SECOND = 1_000;
export const HOUR = 3_600 * SECOND;
export const INTERVAL = 30 * SECOND;
/** Unless something is said about it. */
export const LEASE = 180 * SECOND;

export type Agent = { id: string; token: string };

/** Opens the program for the length of the test. */
export const openJudge = async () => {
  const program = await openInProcess({ env: { KEEPWELL_BEAT_INTERVAL: '30s' } });
  const database = new Database(join(program.data, 'keepwell.db'), { readonly: true });
  onTestFinished(async () => {
    database.close();
    await program.close();
  });

  const view = ({ id }: Agent): Promise<Answer> => program.api.view(id);
  const history = ({ id }: Agent): Promise<Answer[]> => program.api.history(id);
  const beat = ({ id, token }: Agent, facts: object = {}): Promise<Reply> =>
    program.api.beat(id, token, facts);

  const started = async (id: string, incarnation: number): Promise<Agent> => {
    await eventually('its process being started', async () =>
      (await program.api.history(id)).some(
        ({ event, cause }) => event === 'instance.started' && cause.incarnation === incarnation,
      ),
    );
    return { id, token: tokenOf(program.data, id) };
  };
  const create = {
    /** A process that does nothing by itself. */
    async process(policy: object = {}): Promise<Agent> {
      const spec = { name: 'process', command: ['/bin/sleep', '600'], policy };
      const { id } = await program.api.post('/workspaces', spec);
      return started(id, 1);
    },
    async external(policy: object = {}): Promise<Agent> {
      const { id, auth_token } = await program.api.post('/workspaces', {
        name: 'elsewhere',
        external: true,
        policy,
      });
      return { id, token: auth_token };
    },
  };

  const converged = (agent: Agent): Promise<Answer> =>
    eventually('it being online and converged', async () => {
      const now = await view(agent);
      return isConverged(now) ? now : null;
    });

  return {
    program,
    api: program.api,
    create,
    /** The agent of that incarnation, once its process is started. */
    started,
    view,
    history,
    beat,
    /** What the answer to a beat says about the workspace. */
    statusAfter: async (agent: Agent, facts: object = {}): Promise<string> =>
      (await beat(agent, facts)).body.workspace_status,
    converged,
    async online(kind: keyof typeof create, policy: object = {}): Promise<Agent> {
      const agent = await create[kind](policy);
      await beat(agent);
      await converged(agent);
      return agent;
    },
    /** Lets time pass without a beat. */
    pass: (ms: number): Promise<void> => program.clock.advance(ms),
    now: (): number => program.clock.now(),
    database,
    /** All that a beat may not change: what is stored, and what was written down. */
    async record(agent: Agent): Promise<unknown> {
      await writtenHistory(program.api, agent.id);
      const all = (sql: string) => database.prepare(sql).all(agent.id);
      return {
        snapshot: all('SELECT rowid, * FROM snapshots WHERE workspace_id = ?'),
        journal: all('SELECT * FROM journal WHERE workspace_id = ? ORDER BY seq'),
      };
    },
  };
};
