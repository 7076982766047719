/** A box elsewhere: the real `keepwell agent` with a real command, in a folder that the server knows nothing of. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, type Api, eventually, REPO } from './program.ts';

const CLI = join(REPO, 'src', 'cli', 'keepwell.ts');
const COMMAND = ['-e', 'setInterval(() => {}, 1000)'];

export type Box = ReturnType<typeof openBox>;

export const openBox = (connection: { env: Record<string, string> }) => {
  const home = mkdtempSync(join(tmpdir(), 'keepwell-box-'));
  const plugins = join(home, 'configs', 'plugins');
  let agent: ChildProcess | null = null;
  let output = '';

  /** As the agent tells of them: a process may be replaced before it could say a word itself. */
  const bootPids = (): number[] =>
    [...output.matchAll(/(?:beating for|started again, as) process (\d+)/g)].map(([, pid]) => Number(pid));
  const killCommands = () => {
    for (const pid of bootPids()) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
  };

  return {
    home,
    plugins,
    output: () => output,
    /** How often its command was started. */
    boots: () => bootPids().length,
    read: (path: string) => readFileSync(join(plugins, path), 'utf8'),
    start() {
      const args = [CLI, 'agent', '--plugins-dir', plugins, '--plugins-every', '400ms', '--'];
      agent = spawn(process.execPath, [...args, process.execPath, ...COMMAND], {
        cwd: home,
        env: { PATH: process.env.PATH ?? '', ...connection.env, KEEPWELL_DATA: join(home, 'no-data') },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      agent.stdout?.on('data', (chunk) => (output += chunk));
      agent.stderr?.on('data', (chunk) => (output += chunk));
    },
    /** As a power cut would, but for the disk: the agent and its command are gone at once. */
    async kill9() {
      const exited = new Promise((resolve) => agent?.once('exit', resolve));
      agent?.kill('SIGKILL');
      await exited;
      killCommands();
    },
    async remove() {
      if (agent !== null && agent.exitCode === null && agent.signalCode === null) await this.kill9();
      killCommands();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

/** Creates an external workspace; its answer has the token and what its agent needs. */
export const createExternal = (api: Api, name: string, plugins: string[]): Promise<Answer> =>
  api.post('/workspaces', { name, external: true, plugins });

/** Waits until everything that is declared is in place on the box, in another generation than `after`. */
export const converged = (api: Api, id: string, after = 0): Promise<Answer> =>
  eventually(`convergence after plugin generation ${after}`, async () => {
    const view = await api.view(id);
    const isIn = view.state === 'wanted.online.converged' && view.plugins.generation > after;
    return isIn && view.observed_generation === view.generation ? view : null;
  });
