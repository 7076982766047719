import { NotApplicable } from '../case.ts';
import { createHttp, type Http, listAt, told } from './http.ts';
import { eventually, expectStatus, type Played, play } from './played.ts';

/** What a case has to see how a server behaves. */
export type ServerWorld = {
  http: Http;
  adminToken: string;
  /** How long whatever has to happen by itself may take. */
  patienceMs: number;
  /** A name that nobody has. */
  freshName(): string;
  /** Creates a workspace whose agent runs elsewhere, which is to say here. Removed when the case is over. */
  open(body?: object): Promise<Played>;
  /** Remembers a workspace that the case created by itself, so that it is removed too. */
  take(id: string): void;
  /**
   * Creates a workspace that the server runs itself. What it runs is a shell that prints its token and sleeps, so
   * that the kit can beat for it.
   */
  openOwned(body?: object): Promise<Owned>;
  /** A plugin that the server can install, as it is declared; a restart is asked for once it is in place. */
  plugin(): Promise<{ source: string; restart: 'always' }>;
};

/** A workspace that the server runs, and the agent that the kit plays for it. */
export type Owned = Played & {
  /** Takes over the token of the newest incarnation, once that is `least` or later. */
  becomes(least?: number): Promise<number>;
};

export type ServerTarget = {
  url: string;
  adminToken: string;
  patienceMs: number;
  /** A source to declare; null takes the first of GET /plugins. */
  plugin: string | null;
  /** Whether the server may be asked to run a shell. */
  ownsProcesses: boolean;
};

/** Short lives, so that what takes minutes elsewhere takes seconds here. */
const POLICY = { offline_after: '60s', resync_every: '1h', plugin_backoff: '200ms', stop_grace: '2s' };

const SAY_WHO = 'echo "conform incarnation=$KEEPWELL_INCARNATION token=$KEEPWELL_TOKEN"; exec sleep 600';

/** Opens the world of one case; its `close` removes whatever it created. */
export const openServerWorld = async (target: ServerTarget, signal: AbortSignal) => {
  const { url, adminToken, patienceMs } = target;
  const http = createHttp(url, signal);
  const made: string[] = [];

  const create = async (body: object): Promise<Played> => {
    const name = freshName();
    const created = await http('POST', '/workspaces', { token: adminToken, body: { name, ...body } });
    if (typeof created.body.id === 'string') made.push(created.body.id);
    expectStatus(created, 'POST /workspaces', [201]);
    return play({ http, adminToken, patienceMs, created, name });
  };

  const world: ServerWorld = {
    http,
    adminToken,
    patienceMs,
    freshName,
    open: (body = {}) => create({ external: true, ...withPolicy(body) }),
    take: (id) => void made.push(id),
    async openOwned(body = {}) {
      if (!target.ownsProcesses)
        throw new NotApplicable('The server is not to run processes (--no-process).');
      const played = await create({ command: ['/bin/sh', '-c', SAY_WHO], ...withPolicy(body) });
      const owned: Owned = Object.assign(played, {
        becomes: (least = 1) => become(http, adminToken, owned, least, patienceMs),
      });
      return owned;
    },
    async plugin() {
      return { source: target.plugin ?? (await firstPlugin(http, adminToken)), restart: 'always' };
    },
  };
  return {
    world,
    close: async () => {
      // The signal of the case is over by now.
      const last = createHttp(url, AbortSignal.timeout(10_000));
      await Promise.allSettled(
        made.map((id) =>
          last('DELETE', `/workspaces/${encodeURIComponent(id)}?purge=true`, { token: adminToken }),
        ),
      );
    },
  };
};

const withPolicy = (body: object): object => {
  const { policy = {} } = body as { policy?: object };
  return { ...body, policy: { ...POLICY, ...policy } };
};

let count = 0;

const freshName = (): string => {
  count += 1;
  const chance = crypto.randomUUID().slice(0, 8);
  return `conform-${chance}-${count}`;
};

const firstPlugin = async (http: Http, adminToken: string): Promise<string> => {
  const reply = await http('GET', '/plugins', { token: adminToken });
  const found = listAt(reply.body, 'items').find(
    ({ source, problem }) => typeof source === 'string' && !problem,
  );
  if (found === undefined) {
    throw new NotApplicable(`GET /plugins offers none (${told(reply)}); name one with --plugin.`);
  }
  return String(found.source);
};

const become = async (
  http: Http,
  adminToken: string,
  owned: Owned,
  least: number,
  patienceMs: number,
): Promise<number> => {
  return eventually(patienceMs, `incarnation ${least} being started`, async () => {
    const path = `/workspaces/${encodeURIComponent(owned.id)}/logs?tail=200`;
    const { text } = await http('GET', path, { token: adminToken });
    const all = [...text.matchAll(/conform incarnation=(\d+) token=(\S+)/g)];
    const [, incarnation, token] = all.at(-1) ?? [];
    if (token !== undefined) owned.token = token;
    return {
      met: Number(incarnation) >= least,
      value: Number(incarnation),
      seen: `incarnation ${incarnation ?? 'none'}`,
    };
  });
};
