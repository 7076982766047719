/** Agents by the thousand in one process: they beat over HTTP, and flap, fall silent and update as real ones do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, type Api, tokenOf } from '../system/program.ts';

export type Played = {
  id: string;
  name: string;
  /** What it beats with: of who is started here, what lies in its folder. */
  token: () => string;
  plugins: boolean;
};

export type Tally = {
  beats: number;
  reports: number;
  /** Answers by status. */
  statuses: Map<number, number>;
  /** Answers that may never be given, in words. */
  wrong: string[];
  unanswered: number;
};

/** Who is not well, and until when. */
type Mood = { kind: 'well' | 'failing' | 'wedged' | 'silent'; until: number };

const MOOD_FOR_MS = 40_000;
/** Of a hundred beats, after which somebody changes its mood. */
const MOODY = { failing: 0.4, wedged: 0.1, silent: 0.5 } as const;

export const createAgents = (api: Api, data: string, intervalMs: number) => {
  const tally: Tally = { beats: 0, reports: 0, statuses: new Map(), wrong: [], unanswered: 0 };
  const over = new AbortController();
  let isCalm = false;

  const ask = async (method: string, path: string, body: unknown, token: string): Promise<Answer> => {
    try {
      const reply = await api.request(method, path, body, { token });
      tally.statuses.set(reply.status, (tally.statuses.get(reply.status) ?? 0) + 1);
      if (reply.status >= 500 && tally.wrong.length < 20)
        tally.wrong.push(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
      return reply.status === 200 ? reply.body : null;
    } catch {
      tally.unanswered += 1;
      return null;
    }
  };

  /** Says that all of the set in force is in place, as an agent does that has downloaded it. */
  const report = async (agent: Played): Promise<void> => {
    const lock = await ask('GET', `/workspaces/${agent.id}/plugins/lock`, undefined, agent.token());
    if (lock === null) return;
    const plugins = (lock.plugins as { name: string; tree_hash: string }[]).map(({ name, tree_hash }) => ({
      name,
      tree_hash,
    }));
    tally.reports += 1;
    await ask(
      'POST',
      `/workspaces/${agent.id}/plugin-install-report`,
      { generation: lock.generation, plugins },
      agent.token(),
    );
  };

  const nextMood = (): Mood => {
    const roll = Math.random() * 100;
    const until = Date.now() + MOOD_FOR_MS * (0.5 + Math.random());
    if (roll < MOODY.failing) return { kind: 'failing', until };
    if (roll < MOODY.failing + MOODY.wedged) return { kind: 'wedged', until };
    if (roll < MOODY.failing + MOODY.wedged + MOODY.silent) return { kind: 'silent', until };
    return { kind: 'well', until: 0 };
  };

  const live = async (agent: Played): Promise<void> => {
    await sleep(Math.random() * intervalMs);
    const begun = Date.now();
    let mood: Mood = { kind: 'well', until: 0 };
    while (!over.signal.aborted) {
      if (isCalm) mood = { kind: 'well', until: 0 };
      else if (Date.now() > mood.until) mood = nextMood();
      const token = agent.token();
      if (mood.kind !== 'silent' && token !== '') {
        tally.beats += 1;
        const told = await ask(
          'POST',
          '/registry/heartbeat',
          {
            workspace_id: agent.id,
            error_rate: mood.kind === 'failing' ? 0.9 : 0.01,
            sample_error: mood.kind === 'failing' ? 'the model does not answer' : '',
            active_tasks: Math.floor(Math.random() * 3),
            current_task: `task ${Math.floor(Math.random() * 1_000)}`,
            uptime_seconds: Math.floor((Date.now() - begun) / 1_000),
            runtime_state: mood.kind === 'wedged' ? 'wedged' : '',
          },
          token,
        );
        if (agent.plugins && told?.plugins_pending === true) await report(agent);
      }
      await sleep(intervalMs * (0.9 + Math.random() * 0.2));
    }
  };

  return {
    tally,
    /** Everybody lives until `end`. */
    play: (agents: readonly Played[]): Promise<void> => Promise.all(agents.map(live)).then(() => undefined),
    /** From now on everybody is well. */
    calm(): void {
      isCalm = true;
    },
    end(): void {
      over.abort();
    },
    fileToken: (id: string) => () => tokenOf(data, id),
  };
};
