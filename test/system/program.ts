/** The real program as a child process, and the HTTP requests that a person or an agent would make of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';

export const REPO = join(import.meta.dirname, '..', '..');
const CLI = join(REPO, 'src', 'cli', 'keepwell.ts');
export const ADMIN_TOKEN = 'kwa_for_tests_only';

/** Answers of the API, read as plain data. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test names the fields that it looks at
export type Answer = any;

export type Reply = { status: number; body: Answer; headers: Headers };

export const createApi = (url: string) => {
  const request = async (
    method: string,
    path: string,
    body?: unknown,
    { token = ADMIN_TOKEN, headers = {} }: { token?: string | null; headers?: Record<string, string> } = {},
  ): Promise<Reply> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
  };
  const expectOk = async (reply: Promise<Reply>): Promise<Answer> => {
    const { status, body } = await reply;
    if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
    return body;
  };
  return {
    url,
    request,
    get: (path: string): Promise<Answer> => expectOk(request('GET', path)),
    post: (path: string, body?: unknown): Promise<Answer> => expectOk(request('POST', path, body)),
    view: (id: string): Promise<Answer> => expectOk(request('GET', `/workspaces/${id}`)),
    /** The whole journal of a workspace, oldest first. */
    async history(id: string): Promise<Answer[]> {
      const rows: Answer[] = [];
      for (let cursor = ''; ; ) {
        const page = await expectOk(request('GET', `/workspaces/${id}/history?order=asc&limit=200${cursor}`));
        rows.push(...page.items);
        if (!page.next_cursor) return rows;
        cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
      }
    },
    beat: (id: string, token: string, facts: object = {}): Promise<Reply> =>
      request(
        'POST',
        '/registry/heartbeat',
        {
          workspace_id: id,
          error_rate: 0,
          sample_error: '',
          active_tasks: 0,
          current_task: '',
          uptime_seconds: 1,
          ...facts,
        },
        { token },
      ),
  };
};

export type Api = ReturnType<typeof createApi>;

/** Waits until `probe` gives something, and says what it last saw when it never does. */
export const eventually = async <T>(
  what: string,
  probe: () => Promise<T | null | undefined | false>,
  withinMs = 30_000,
): Promise<T> => {
  const end = Date.now() + withinMs;
  let last: unknown = null;
  while (Date.now() < end) {
    try {
      const found = await probe();
      if (found) return found;
    } catch (error) {
      last = error;
    }
    await sleep(40);
  }
  throw new Error(
    `${what} did not come about within ${withinMs} ms${last === null ? '' : `: ${inspect(last)}`}`,
  );
};

/** A data folder with the sample templates and plugins, deleted at the end. */
export const createDataFolder = (): { path: string; remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), 'keepwell-'));
  for (const name of ['templates', 'registry'])
    cpSync(join(REPO, 'data', name), join(path, name), { recursive: true });
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
};

/** Writes a plugin into the registry of a data folder. */
export const offerPlugin = async (
  data: string,
  name: string,
  files: Record<string, string>,
): Promise<void> => {
  for (const [path, content] of Object.entries(files)) {
    const file = join(data, 'registry', name, path);
    mkdirSync(join(file, '..'), { recursive: true });
    await writeFile(file, content);
  }
};

export type Program = {
  api: Api;
  child: ChildProcess;
  output: () => string;
  /** As a power cut would: no handler runs. */
  kill9(): Promise<void>;
  /** Asks it to stop and returns its exit code. */
  stop(): Promise<number | null>;
  exited: Promise<number | null>;
};

type ProgramOptions = {
  data: string;
  env?: Record<string, string>;
  script?: string;
  args?: string[];
  /** Agents know the address: a supervisor that is to hear them again has to come back at the same port. */
  port?: number;
};

/** A port that was free a moment ago. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** Starts the supervisor and waits until it answers. */
export const startProgram = async (options: ProgramOptions): Promise<Program> => {
  const program = launchProgram(options);
  await eventually('the supervisor being ready', async () => {
    if (program.child.exitCode !== null) throw new Error(`it exited: ${program.output()}`);
    const response = await fetch(`${program.api().url}/readyz`);
    return response.ok;
  });
  return { ...program, api: program.api() };
};

/** Starts the supervisor and does not wait: it may be meant to die early. */
export const launchProgram = ({ data, env = {}, script = CLI, args = ['up'], port = 0 }: ProgramOptions) => {
  rmSync(join(data, 'server.json'), { force: true });
  const child = spawn(process.execPath, [script, ...args], {
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      KEEPWELL_DATA: data,
      KEEPWELL_PORT: String(port),
      KEEPWELL_ADMIN_TOKEN: ADMIN_TOKEN,
      KEEPWELL_BEAT_INTERVAL: '200ms',
      KEEPWELL_RESTART_BACKOFF: '100ms',
      KEEPWELL_STOP_GRACE: '5s',
      KEEPWELL_LOG_LEVEL: 'info',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk));
  child.stderr.on('data', (chunk) => (text += chunk));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return {
    child,
    exited,
    output: () => text,
    api: () =>
      createApi((JSON.parse(readFileSync(join(data, 'server.json'), 'utf8')) as { url: string }).url),
    async kill9() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      return exited;
    },
  };
};

/** Runs one `keepwell` command against a data folder. */
export const keepwell = async (
  data: string,
  args: string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> => {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: {
      PATH: process.env.PATH ?? '',
      KEEPWELL_DATA: data,
      KEEPWELL_ADMIN_TOKEN: ADMIN_TOKEN,
      NO_COLOR: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (out.stdout += chunk));
  child.stderr.on('data', (chunk) => (out.stderr += chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...out };
};

/** What an agent's token file holds; empty until there is one. */
export const tokenOf = (data: string, id: string): string => {
  const file = join(data, 'workspaces', id, 'configs', '.auth_token');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
};

/** Ends whatever was started for the workspaces of a data folder. */
export const stopAgents = (data: string): void => {
  const folder = join(data, 'workspaces');
  if (!existsSync(folder)) return;
  for (const id of readdirSync(folder)) {
    try {
      const { pid } = JSON.parse(readFileSync(join(folder, id, 'instance.json'), 'utf8')) as { pid: number };
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Nothing was started, or it is gone already.
    }
  }
};
