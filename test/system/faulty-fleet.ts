/** Workspaces of one supervisor, each led along a path of its own, while the supervisor is killed or its disk is full. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Path, Step } from '../../src/testing/paths/types.ts';
import { differences, wrongOutcomes } from './compared.ts';
import { arrive, type Bench, drive, soon, startProcess, transitionsSoFar } from './drive.ts';
import { isOwned } from './driven-paths.ts';
import type { DrivenProgram } from './driven-program.ts';
import { ADMIN_TOKEN, type Answer, tokenOf } from './program.ts';
import { contradictions, replayed, replayJournal, stored } from './replay.ts';

export const PLUGINS = ['a', 'b'];

/** What is known of a workspace before something happens to its supervisor. */
type Known = { history: Answer[]; view: Answer; pid: number | null };

export type Member = ReturnType<ReturnType<typeof createFleet>['join']> extends Promise<infer M> ? M : never;

export const createFleet = (data: string, program: DrivenProgram) => {
  let steps = 0;

  /** Creates a workspace that declares both plugins. */
  const enter = async (name: string, path: Path, policy: Record<string, string | number>) => {
    const owned = isOwned(path);
    const track = path.steps.some(({ event }) => event.type === 'plugins.outdated') ? 'auto' : 'manual';
    const { id, auth_token } = await program.api.post('/workspaces', {
      name,
      ...(owned ? { command: ['/bin/sleep', '600'] } : { external: true }),
      plugins: PLUGINS.map((plugin) => ({ source: `local://${plugin}`, track, config: { of: name } })),
      policy,
    });
    await program.ask('introduce', id, name);
    const bench: Bench = {
      get api() {
        return program.api;
      },
      id,
      beatEveryMs: Infinity,
      token: () => (owned ? tokenOf(data, id) || ADMIN_TOKEN : auth_token),
      now: () => program.now,
      advance: program.advance,
      hands: {
        isWaiting: (door) => program.ask('isWaiting', id, door),
        release: (door, outcome) => program.ask('release', id, door, outcome),
        report: (complete) => program.ask('report', id, complete),
        setNewer: (hasNewer) => program.ask('setNewer', hasNewer),
      },
      restartSupervisor: () => Promise.reject(new Error('the whole fleet is restarted at once')),
    };
    return memberOf(bench, name, owned);
  };

  const memberOf = async (bench: Bench, name: string, owned: boolean) => {
    const { id } = bench;
    let rows = await transitionsSoFar(bench);
    let restartsBefore: number | null = null;
    let isReal = false;

    /** The reference model and the program have to be at the same place. */
    const compare = async () => {
      const found = [...differences(rows, await bench.api.view(id)), ...wrongOutcomes(rows)];
      if (found.length > 0) throw new Error(found.join('\n'));
    };

    const pidOf = (): number | null => {
      const file = join(data, 'workspaces', id, 'instance.json');
      if (!owned || !existsSync(file)) return null;
      const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number };
      return isAlive(pid) ? pid : null;
    };

    const look = async (): Promise<Known> => ({
      history: await bench.api.history(id),
      view: await bench.api.view(id),
      pid: pidOf(),
    });

    /** What was answered is there, and who ran runs, untouched. */
    const expectKept = async ({ history, pid }: Known) => {
      const now = await bench.api.history(id);
      const lost = history.filter((row, index) => JSON.stringify(row) !== JSON.stringify(now[index]));
      if (lost.length > 0) throw new Error(`lost: ${JSON.stringify(lost)}`);
      if (pid === null) return;
      if (pidOf() !== pid) throw new Error(`its agent was ${pid}, and is ${pidOf()}`);
      const adopted = now
        .slice(history.length)
        .some(({ event, cause }) => event === 'instance.adopted' && cause.pid === pid);
      if (!adopted) throw new Error('its agent was not adopted');
    };

    /** What an agent does of its own accord; elsewhere it fetches its plugins, and whoever runs it restarts it. */
    const actAsAgent = async ({ state }: Answer, isAskedToRestart: boolean): Promise<void> => {
      const as = { token: bench.token() };
      if (state === 'wanted.awaitingAgent' || (state === 'wanted.provisioning' && pidOf() !== null)) {
        await bench.api.beat(id, bench.token(), { error_rate: 0.3 });
      } else if (!owned && state === 'wanted.online.delivering') {
        const report = await bench.hands.report(true);
        await bench.api.request('POST', `/workspaces/${id}/plugin-install-report`, report, as);
      } else if (!owned && isAskedToRestart) {
        await bench.api.request('POST', '/registry/register', { id }, as);
      }
    };

    const come = async (step: Step) => {
      rows = await arrive(bench, rows.length, step);
      await compare();
      steps += 1;
    };

    return {
      id,
      name,
      async lead(path: readonly Step[]) {
        for (const step of path) {
          await drive(bench, step);
          await come(step);
        }
      },
      come,
      /** An agent that is being started runs before anything else happens. */
      async begin() {
        if (owned && rows.at(-1).to === 'wanted.provisioning') await startProcess(bench);
      },
      look,
      expectKept,
      /** While no supervisor runs: what is stored is what the journal leads to. */
      expectStored(): void {
        const [told, kept] = [replayed(replayJournal(data, id)), stored(data, id)];
        if (!isDeepStrictEqual(told, kept))
          throw new Error(`stored ${JSON.stringify(kept)}, told ${JSON.stringify(told)}`);
      },
      /** From here on exactly one restart comes, for plugins that were not there before. */
      async mark() {
        restartsBefore = (await bench.api.view(id)).restarts;
      },
      async introduceAgain({ view }: Known) {
        const { generation } = view.plugins;
        await program.ask('introduce', id, name, { generation, isReal });
      },
      async holdAt(boundary: Parameters<typeof askToHold>[1]) {
        isReal = true;
        await askToHold(id, boundary);
      },
      free: () => program.ask('free', id),
      /**
       * Its plugins are blocked; or the next reconcile is on its way already, and begins no work while the state that
       * asks for it cannot be written down.
       */
      async isHeldUp() {
        let seen: Answer = null;
        return soon(`${name} being held up`, async () => {
          const hasFailed = (await program.ask('unstaged', id)) > 0;
          const isReady = (await program.api.request('GET', '/readyz')).status === 200;
          seen = await bench.api.view(id);
          const isWaiting = seen.state === 'wanted.online.reconciling' && !isReady;
          return seen.state === 'wanted.online.blocked' || (hasFailed && isWaiting) ? seen : null;
        }).catch((error: Error) => {
          throw new Error(`${error.message}: ${JSON.stringify(seen)}`, { cause: error });
        });
      },
      beat: () => bench.api.beat(id, bench.token(), { error_rate: 0.3 }),
      /** Lets everything be done for real until nothing is left to do, and looks at what that came to. */
      async rest() {
        await program.ask('free', id);
        let seen: Answer = null;
        const view = await soon(`${name} coming to rest`, async () => {
          seen = await bench.api.view(id);
          const isThere = seen.state === 'wanted.online.converged';
          if (isThere && !seen.restart_pending) return seen;
          await actAsAgent(seen, isThere);
          return null;
        }).catch((error: Error) => {
          throw new Error(`${error.message}: ${JSON.stringify(seen)}`, { cause: error });
        });
        rows = await transitionsSoFar(bench);
        await compare();
        // Nobody led it here step by step: what happened has to lead the machine to where it is.
        const contradicted = contradictions(replayJournal(data, id));
        if (contradicted.length > 0) throw new Error(contradicted.join('\n'));
        expectPlugins(data, id, view);
        const restarts = view.restarts - (restartsBefore ?? 0);
        // Where plugins have caused restarts enough, the agent is left alone, and the view says so.
        const due = !owned || view.reason?.code === 'plugin-restart-loop' ? 0 : 1;
        if (restarts !== due) throw new Error(`it was restarted ${restarts} times instead of ${due}`);
        if (owned && pidOf() === null) throw new Error('its agent does not run');
      },
      async remove() {
        await bench.api.request('DELETE', `/workspaces/${id}`);
        await program.ask('free', id);
        await soon(
          `${name} being gone`,
          async () => (await bench.api.request('GET', `/workspaces/${id}`)).status === 410,
        );
      },
    };
  };

  const askToHold = (id: string, boundary: Parameters<typeof program.ask<'holdAt'>>[2]) =>
    program.ask('holdAt', id, boundary);

  return { join: enter, stepsCompared: () => steps };
};

/** Every declared plugin is there with all of its bytes, or the view says that it is held back. */
const expectPlugins = (data: string, id: string, view: Answer): void => {
  const folder = join(data, 'workspaces', id, 'configs', 'plugins');
  const there = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  const held: string[] = view.plugins.held.map(({ name }: Answer) => name);
  const wanted = PLUGINS.filter((name) => !held.includes(name));
  if (there.join() !== wanted.join() && !PLUGINS.every((name) => there.includes(name)))
    throw new Error(`there are ${there.join()}, and held back ${held.join()}`);
  if (view.plugins.failed > 0) throw new Error('some plugin is said to have failed');
  for (const name of there)
    for (const file of readdirSync(join(data, 'registry', name), { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const path = join(file.parentPath, file.name);
      const installed = path.replace(join(data, 'registry'), folder);
      if (!readFileSync(installed).equals(readFileSync(path))) throw new Error(`${installed} is another one`);
    }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};
