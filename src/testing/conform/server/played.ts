import { expectThat, NotApplicable, Unmet } from '../case.ts';
import { field, type Http, listAt, type Reply, told } from './http.ts';

/** The agent of one workspace, played by the kit, and what its operator can do with it. */
export type Played = {
  id: string;
  name: string;
  /** Of the agent; replaced where a new incarnation gets a new one. */
  token: string;
  created: Reply;
  /** How often a reply to a beat began to say `restart_pending`. */
  restartsAsked(): number;
  beat(facts?: object, token?: string | null): Promise<Reply>;
  register(card?: object, token?: string | null): Promise<Reply>;
  view(): Promise<Record<string, unknown>>;
  act(verb: string): Promise<Reply>;
  patch(body: object, headers?: Record<string, string>): Promise<Reply>;
  /** Replaces the declared plugins. */
  declare(plugins: readonly unknown[], more?: object): Promise<Reply>;
  get(path: string, headers?: Record<string, string>): Promise<Reply>;
  report(body: object): Promise<Reply>;
  /** The journal, oldest first. */
  history(): Promise<Record<string, unknown>[]>;
  remove(): Promise<Reply>;
  /** Waits until the view says one of these statuses, and gives the view. */
  reaches(...statuses: string[]): Promise<Record<string, unknown>>;
  /** Beats until it is online. */
  goesOnline(): Promise<void>;
  /** Waits, without a beat, until it is missed. */
  isMissed(): Promise<void>;
};

export type PlayOptions = {
  http: Http;
  adminToken: string;
  patienceMs: number;
  created: Reply;
  name: string;
};

/** Takes a workspace that was created into hand. */
export const play = ({ http, adminToken, patienceMs, created, name }: PlayOptions): Played => {
  const id = String(created.body.id);
  const path = `/workspaces/${encodeURIComponent(id)}`;
  const admin = adminToken;
  let asked = 0;
  let wasPending = false;

  const reaches = (withinMs: number, ...statuses: string[]) =>
    eventually(withinMs, `status ${statuses.join(' or ')}`, async () => {
      const view = await played.view();
      const { status } = view;
      return { met: statuses.includes(String(status)), value: view, seen: `status ${String(status)}` };
    });

  const played: Played = {
    id,
    name,
    token: typeof created.body.auth_token === 'string' ? created.body.auth_token : '',
    created,
    restartsAsked: () => asked,
    async beat(facts = {}, token = played.token) {
      const body = {
        workspace_id: id,
        error_rate: 0,
        sample_error: '',
        active_tasks: 0,
        current_task: '',
        uptime_seconds: 1,
        ...facts,
      };
      const reply = await http('POST', '/registry/heartbeat', { token, body });
      if (reply.status === 200) {
        const isPending = reply.body.restart_pending === true;
        if (isPending && !wasPending) asked += 1;
        wasPending = isPending;
      }
      return reply;
    },
    register: (card = {}, token = played.token) =>
      http('POST', '/registry/register', { token, body: { id, agent_card: { name: 'conform' }, ...card } }),
    async view() {
      const reply = await http('GET', path, { token: admin });
      expectThat(reply.status === 200, 'GET /workspaces/:id to answer 200', told(reply));
      return reply.body;
    },
    act: (verb) => http('POST', `${path}/${verb}`, { token: admin }),
    patch: (body, headers = {}) => http('PATCH', path, { token: admin, body, headers }),
    declare: (plugins, more = {}) =>
      http('PUT', `${path}/plugins/declared`, { token: admin, body: { plugins, ...more } }),
    get: (rest, headers = {}) => http('GET', `${path}/${rest}`, { token: played.token, headers }),
    report: (body) => http('POST', `${path}/plugin-install-report`, { token: played.token, body }),
    async history() {
      const reply = await http('GET', `${path}/history?order=asc&limit=200`, { token: admin });
      expectThat(reply.status === 200, 'GET /workspaces/:id/history to answer 200', told(reply));
      return listAt(reply.body, 'items');
    },
    remove: () => http('DELETE', `${path}?purge=true`, { token: admin }),
    reaches: (...statuses) => reaches(patienceMs, ...statuses),
    async goesOnline() {
      await eventually(patienceMs, 'a beat that makes it online', async () => {
        const reply = await played.beat();
        return { met: reply.body.workspace_status === 'online', value: reply, seen: told(reply) };
      });
    },
    async isMissed() {
      const { lease_expires_at: end } = await played.view();
      const leftMs = Math.max(0, Date.parse(String(end)) - Date.now());
      refuseLongLease(leftMs, patienceMs);
      await reaches(patienceMs + leftMs, 'offline', 'awaiting_agent');
    },
  };
  return played;
};

const SHORT_LEASE_MS = 5_000;

/** A lease of two intervals is as short as one may be, and the interval is the server's. */
const refuseLongLease = (leftMs: number, patienceMs: number): void => {
  if (leftMs <= Math.max(patienceMs, SHORT_LEASE_MS)) return;
  const left = Math.round(leftMs / 1000);
  throw new NotApplicable(
    `Its shortest lease is ${left} s. Have it ask for beats more often, or give --patience.`,
  );
};

const LOOK_EVERY_MS = 80;

/**
 * Looks again and again until what is expected is there.
 * @throws {Unmet} with what was seen last, after `patienceMs`
 */
export const eventually = async <T>(
  patienceMs: number,
  expected: string,
  look: () => Promise<{ met: boolean; value: T; seen: unknown }>,
): Promise<T> => {
  const end = performance.now() + patienceMs;
  for (;;) {
    const { met, value, seen } = await look();
    if (met) return value;
    if (performance.now() > end) {
      const text = typeof seen === 'string' ? seen : JSON.stringify(seen);
      throw new Unmet(`${expected} within ${patienceMs / 1000} s`, text);
    }
    await pause(LOOK_EVERY_MS);
  }
};

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** @throws {Unmet} unless the reply has one of these statuses, and, where one is given, this code */
export const expectStatus = (
  reply: Reply,
  what: string,
  statuses: readonly number[],
  code?: string,
): void => {
  const isMet = statuses.includes(reply.status) && (code === undefined || reply.body.code === code);
  expectThat(
    isMet,
    `${what} to be answered ${statuses.join(' or ')}${code === undefined ? '' : ` ${code}`}`,
    told(reply),
  );
};

/** @throws {Unmet} unless the view has exactly this there */
export const expectField = (body: unknown, path: string, value: unknown): void => {
  const found = field(body, path);
  expectThat(found === value, `${path} ${JSON.stringify(value)}`, `${path} ${JSON.stringify(found)}`);
};
