import { ADMIN_TOKEN, type Answer, type Api, offerPlugin } from '../system/program.ts';
import type { Played } from './agents.ts';

/** What operators do to a fleet, one act after another. Who was given up is retried, who was paused is resumed. */
export const createOperators = (api: Api, data: string, fleet: readonly Played[]) => {
  const wrong: string[] = [];
  let acts = 0;
  let unanswered = 0;
  let version = 1;

  const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    acts += 1;
    try {
      const reply = await api.request(method, path, body);
      if (reply.status >= 500) wrong.push(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
      return reply.status < 300 ? reply.body : null;
    } catch {
      unanswered += 1;
      return null;
    }
  };
  const any = (): string => (fleet[Math.floor(Math.random() * fleet.length)] as Played).id;
  const verb = (name: string, id = any()) => ask('POST', `/workspaces/${id}/${name}`);
  const declare = (plugins: string[], id = any()) =>
    ask('PUT', `/workspaces/${id}/plugins/declared`, { plugins });

  const release = async (): Promise<void> => {
    version += 1;
    await offerPlugin(data, 'tool', {
      'plugin.yaml': `name: tool\nversion: 1.0.${version}\n`,
      'SKILL.md': `${version}\n`,
    });
  };

  /** Everybody with a status, by id. */
  const all = async (status: string): Promise<string[]> => {
    const page = await ask('GET', `/workspaces?status=${status}&limit=200`);
    return ((page?.items ?? []) as { id: string }[]).map(({ id }) => id);
  };
  /** Opens the stream of a page, and goes away in the middle of it. */
  const watch = async (): Promise<void> => {
    acts += 1;
    const away = new AbortController();
    const stream = await fetch(`${api.url}/fleet`, {
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      signal: away.signal,
    });
    await stream.body?.getReader().read();
    away.abort();
  };
  const helpWhoIsGivenUp = async (): Promise<void> => {
    for (const id of await all('failed')) await verb('retry', id);
    for (const id of await all('paused')) await verb('resume', id);
    for (const id of await all('hibernated')) await verb('wake', id);
  };

  const ACTS: (() => Promise<unknown>)[] = [
    release,
    () => verb('restart'),
    () => verb('pause'),
    () => verb('hibernate'),
    () => verb('reconcile'),
    () => declare(['local://tool', 'local://brief']),
    () => declare(['local://tool']),
    () => ask('PATCH', `/workspaces/${any()}`, { env: { ROUND: String(acts) } }),
    () => ask('POST', `/workspaces/${any()}/plugins/update`, {}),
    () => ask('GET', `/workspaces/${any()}/history?limit=50`),
    () => ask('GET', `/workspaces/${any()}/why`),
    () => ask('GET', '/workspaces?limit=200'),
    watch,
    () => ask('GET', '/metrics'),
    helpWhoIsGivenUp,
  ];

  return {
    wrong,
    acts: () => acts,
    unanswered: () => unanswered,
    async act(): Promise<void> {
      for (let times = 0; times < 5; times += 1) {
        await (ACTS[Math.floor(Math.random() * ACTS.length)] as () => Promise<unknown>)();
      }
    },
    /** Everybody is wanted again. */
    async mend(): Promise<void> {
      await helpWhoIsGivenUp();
    },
    /** Who is not converged, though its agent is well: one that lives elsewhere. Looks at plugins end by themselves. */
    async unwell(): Promise<string[]> {
      let found = fleet.filter(({ plugins }) => plugins).map((agent) => ({ ...agent, state: '' }));
      for (let looks = 0; looks < 5 && found.length > 0; looks += 1) {
        const views = [];
        for (const agent of found)
          views.push({ ...agent, state: (await api.view(agent.id)).state as string });
        found = views.filter(({ state }) => state !== 'wanted.online.converged');
      }
      return found.map(({ name, state }) => `${name} is ${state}`);
    },
    /** How often what was done, as the metrics count it. */
    async transitions(): Promise<string> {
      const { body } = await api.request('GET', '/metrics');
      const counts = new Map<string, number>();
      for (const [, labels, count] of String(body).matchAll(
        /^keepwell_transitions_total\{([^}]*)\} (\d+)/gm,
      )) {
        const to = /to="([^"]*)"/.exec(labels ?? '')?.[1] ?? '';
        counts.set(to, (counts.get(to) ?? 0) + Number(count));
      }
      return [...counts].map(([to, count]) => `${to} ${count.toLocaleString('en')}`).join(', ');
    },
  };
};
