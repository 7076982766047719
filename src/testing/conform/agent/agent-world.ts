import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expectThat, Unmet } from '../case.ts';
import { type AgentProcess, startAgent } from './agent-process.ts';
import { type FakeServer, type Heard, openFakeServer } from './fake-server.ts';

export type AgentTarget = {
  command: readonly string[];
  /** The environment that it is started with, besides what Keepwell gives. */
  inherited: Record<string, string>;
  patienceMs: number;
  /** Whether it fetches its plugins by itself. */
  pullsPlugins: boolean;
};

/** What a case has to see how an agent behaves. Its server asks for a beat every `INTERVAL_SECONDS`. */
export type AgentWorld = {
  server: FakeServer;
  workspaceId: string;
  /** What the agent is given at first. */
  token: string;
  patienceMs: number;
  pullsPlugins: boolean;
  /** Where the agent finds its token, and its plugins. */
  folders: { configs: string; plugins: string };
  /** Starts the agent. An incarnation of null is an agent that runs elsewhere, as nobody's incarnation. */
  start(options?: { incarnation?: number | null; token?: string }): Promise<AgentProcess>;
  /** Puts another token where the agent looks for it. */
  rotateToken(token: string): Promise<void>;
  /** Waits for so many beats in all, and gives the last. */
  beatsUntil(count: number, withinMs?: number): Promise<Heard>;
  /** Waits for a beat that satisfies. */
  beatThat(expected: string, satisfies: (beat: Heard) => boolean, withinMs?: number): Promise<Heard>;
  /** Waits for anything else. */
  until(expected: string, isMet: () => boolean, seen: () => unknown, withinMs?: number): Promise<void>;
  /** @throws unless the agent that was started last still runs */
  stillRuns(why: string): void;
};

export const INTERVAL_SECONDS = 1;

const LOOK_EVERY_MS = 25;

/** Opens the world of one case: a server of its own, folders of its own, and no agent yet. */
export const openAgentWorld = async (target: AgentTarget, signal: AbortSignal) => {
  const server = await openFakeServer(INTERVAL_SECONDS);
  const home = await mkdtemp(join(tmpdir(), 'keepwell-conform-'));
  const configs = join(home, 'configs');
  const plugins = join(configs, 'plugins');
  await mkdir(plugins, { recursive: true });
  const workspaceId = `conform-${crypto.randomUUID().slice(0, 8)}`;
  const firstToken = freshToken();
  const started: AgentProcess[] = [];
  const { patienceMs, pullsPlugins } = target;

  const until: AgentWorld['until'] = async (expected, isMet, seen, withinMs = patienceMs) => {
    const end = performance.now() + withinMs;
    while (!isMet()) {
      if (performance.now() > end || signal.aborted) {
        const agent = started.at(-1);
        const ending = agent?.ending() ?? null;
        const seenText = asText(seen());
        const note = ending === null ? '' : `; ${ending}, having said: ${agent?.output().slice(-200).trim()}`;
        throw new Unmet(`${expected} within ${withinMs / 1000} s`, `${seenText}${note}`);
      }
      await pause(LOOK_EVERY_MS);
    }
  };
  const beatThat: AgentWorld['beatThat'] = async (expected, satisfies, withinMs) => {
    await until(
      expected,
      () => server.beats().some(satisfies),
      () => `${server.beats().length} beats in all`,
      withinMs,
    );
    return server.beats().findLast(satisfies) as Heard;
  };

  const world: AgentWorld = {
    server,
    workspaceId,
    token: firstToken,
    patienceMs,
    pullsPlugins,
    folders: { configs, plugins },
    async start({ incarnation = pullsPlugins ? null : 1, token = firstToken } = {}) {
      await putToken(configs, token);
      const agent = startAgent(target.command, {
        ...target.inherited,
        KEEPWELL_URL: server.url,
        KEEPWELL_WORKSPACE_ID: workspaceId,
        KEEPWELL_TOKEN: token,
        ...(incarnation === null ? {} : { KEEPWELL_INCARNATION: String(incarnation) }),
        KEEPWELL_PLUGINS_DIR: plugins,
        PLATFORM_URL: server.url,
        WORKSPACE_ID: workspaceId,
        WORKSPACE_CONFIG_PATH: configs,
        PLUGINS_DIR: plugins,
      });
      started.push(agent);
      return agent;
    },
    rotateToken: (token) => putToken(configs, token),
    beatsUntil: async (count, withinMs) => {
      await until(
        `${count} beats`,
        () => server.beats().length >= count,
        () => `${server.beats().length} beats`,
        withinMs,
      );
      return server.beats().at(-1) as Heard;
    },
    beatThat,
    until,
    stillRuns(why) {
      const agent = started.at(-1);
      const ending = agent?.ending() ?? null;
      expectThat(
        ending === null,
        `the agent to run on ${why}`,
        `${ending}, having said: ${agent?.output().slice(-200).trim()}`,
      );
    },
  };
  return {
    world,
    close: async () => {
      await Promise.all(started.map((agent) => agent.kill()));
      await server.close();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

/** A token of the kind that Keepwell hands out. */
export const freshToken = (): string => `kww_${crypto.randomUUID().replaceAll('-', '')}`;

const putToken = (configs: string, token: string): Promise<void> =>
  writeFile(join(configs, '.auth_token'), `${token}\n`, { mode: 0o600 });

const asText = (seen: unknown): string => (typeof seen === 'string' ? seen : JSON.stringify(seen));
