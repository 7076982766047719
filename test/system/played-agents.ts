/** The program inside the test, and agents that the test plays: it beats for them, and lets time pass with beats. */
import { onTestFinished } from 'vitest';
import type { World } from '../../src/main.ts';
import { type InProcess, openInProcess } from './in-process.ts';
import { type Answer, eventually, type Reply, tokenOf } from './program.ts';

/** An instance that only lives. */
export const IDLE = ['/bin/sleep', '600'];

/** Longest stretch without a beat while time passes. */
const BEAT_EVERY_MS = 60_000;

const SETTLED = ['wanted.online.converged', 'wanted.online.blocked'];

/** Opens the program for the length of the test. */
export const openForTest = async (
  options: Partial<Omit<World, 'clock'>> & { env?: Record<string, string> } = {},
) => {
  const program = await openInProcess(options);
  onTestFinished(program.close);
  return { program, ...playAgents(program) };
};

const playAgents = (program: InProcess) => {
  const handedOut = new Map<string, string>();
  const beat = (id: string, facts: object = {}): Promise<Reply> =>
    program.api.beat(id, handedOut.get(id) ?? tokenOf(program.data, id), facts);

  return {
    beat,
    async create(body: object): Promise<Answer> {
      const created = await program.api.post('/workspaces', body);
      if (created.auth_token !== null) handedOut.set(created.id, created.auth_token);
      return created;
    },
    patch: (id: string, patch: object): Promise<Reply> =>
      program.api.request('PATCH', `/workspaces/${id}`, patch),
    /** Beats for an agent, and for its successors, until its plugins are dealt with. Gives the view. */
    settle: (id: string): Promise<Answer> =>
      eventually('its plugins being dealt with', async () => {
        const view = await program.api.view(id);
        if (SETTLED.includes(view.state)) return view;
        if (view.state !== 'wanted.online.reconciling') await beat(id);
        return null;
      }),
    /** Moves on, with beats of everybody who is online on the way. */
    async pass(ms: number): Promise<void> {
      const end = program.clock.now() + ms;
      while (program.clock.now() < end) {
        const { items } = await program.api.get('/workspaces?status=online&limit=200');
        for (const { id } of items) await beat(id);
        await program.clock.advance(Math.min(BEAT_EVERY_MS, end - program.clock.now()));
      }
    },
  };
};
