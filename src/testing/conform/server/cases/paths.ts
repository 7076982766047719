import { walk } from '../../../../../machines/walk.ts';
import { isRestartDue } from '../../../../../machines/workspace/restart-budget.ts';
import type { WorkspaceContext } from '../../../../../machines/workspace/types.ts';
import { workspaceMachine } from '../../../../../machines/workspace/workspace.machine.ts';
import { generatePaths } from '../../../paths/generate-paths.ts';
import { PathFailure, runPath } from '../../../paths/run-path.ts';
import type { Path, Step } from '../../../paths/types.ts';
import { type Case, expectThat, Unmet } from '../../case.ts';
import { installPlugins, isSettled } from '../equip.ts';
import { listAt } from '../http.ts';
import { isDeclared, isPassing, OUTSIDE_WORLD } from '../outside-world.ts';
import { eventually, expectField, expectStatus, type Played } from '../played.ts';
import type { ServerWorld } from '../world.ts';

/** Longer than a path takes: only where silence is a step may a lease end. */
const QUIET = { quiet_for_seconds: 60 };
const STILL_BEATS = 4;

const BEATS: Record<string, object> = {
  'beat-recovered': { error_rate: 0 },
  'beat-fair': { error_rate: 0.3 },
  'beat-failing': { error_rate: 0.9 },
  'beat-wedged': { runtime_state: 'wedged' },
};

const VERBS: Record<string, string> = {
  restarted: 'restart',
  paused: 'pause',
  resumed: 'resume',
  hibernated: 'hibernate',
  woke: 'wake',
  reconciled: 'reconcile',
};

/** What people do along a path; what comes about by itself is left out. */
const wordsOf = ({ steps }: Path): string[] =>
  steps.map(({ name }) => name).filter((name) => !name.endsWith('.settled'));

const intoOnline = (): Path[] => {
  const found = (['pairs', 'shortest'] as const).flatMap(
    (strategy) =>
      generatePaths(workspaceMachine, { ...OUTSIDE_WORLD, strategy, to: ['wanted.online.reconciling'] })
        .paths,
  );
  return [...new Map(found.map((path) => [wordsOf(path).join('.'), path])).values()];
};

/**
 * The paths of the workspace's own machine into online, as far as somebody outside can lead a workspace along them.
 * The status is compared after each step; at the end what is declared must be in place.
 */
export const pathCases: Case<ServerWorld>[] = intoOnline().map((path) => ({
  id: `paths/${wordsOf(path).join('.')}`,
  title: `Generated path into online: ${wordsOf(path).join(', ').replaceAll('-', ' ')}`,
  run: (world) => lead(world, path),
}));

const lead = async ({ open, plugin, patienceMs }: ServerWorld, path: Path): Promise<void> => {
  const wanted = await plugin();
  const hasSilence = path.steps.some(({ name }) => name === 'silence');
  const policy = { offline_after: hasSilence ? '3s' : '60s' };
  const agent = await open({ plugins: [wanted], policy });
  const machine = walk(workspaceMachine, path.start);
  const context = () => machine.snapshot.context as WorkspaceContext;
  const act = async (step: Step): Promise<void> => {
    machine.take(step.event);
    await perform(agent, step.name, {
      wanted,
      patienceMs,
      generation: context().generation,
      status: context().status,
    });
    if (!isPassing(machine.state)) await agrees(agent, context(), patienceMs);
  };
  try {
    await runPath(path, { events: { '*': (step) => act(step) } });
  } catch (error) {
    if (!(error instanceof PathFailure)) throw error;
    const { cause } = error;
    if (!(cause instanceof Unmet)) throw cause;
    const at = path.steps[error.step - 1]?.name ?? 'the beginning';
    throw new Unmet(`${cause.expected}, after step ${error.step} (${at})`, cause.seen);
  }
  await isPutRight(agent, isDeclared(context().generation), patienceMs);
};

type Given = { wanted: object; patienceMs: number; generation: number; status: string };

const perform = async (agent: Played, name: string, given: Given): Promise<void> => {
  const { wanted, patienceMs, generation, status } = given;
  const facts = BEATS[name];
  const verb = VERBS[name];
  if (facts !== undefined) {
    const reply = await agent.beat({ ...facts, ...QUIET });
    expectStatus(reply, 'the beat', [200]);
    expectField(reply.body, 'workspace_status', status);
  } else if (verb !== undefined) {
    expectStatus(await agent.act(verb), `POST …/${verb}`, [200, 202]);
  } else if (name === 'register') {
    expectStatus(await agent.register(), 'the register', [200]);
  } else if (name === 'silence') {
    // Of no consequence but that its lease is the usual one.
    await agent.beat({ error_rate: 0.3 });
    await agent.isMissed();
  } else if (name === 'declare' || name === 'undeclare') {
    const plugins = name === 'declare' ? [wanted] : [];
    expectStatus(await agent.declare(plugins, { allow_empty: true }), 'PUT …/plugins/declared', [200, 202]);
  } else if (name === 'report' || name === 'report-loss') {
    const { body } = await agent.get('plugins/lock');
    const inForce = listAt(body, 'plugins').map(({ name, tree_hash }) => ({ name, tree_hash }));
    const plugins = name === 'report' ? inForce : [];
    expectStatus(await agent.report({ generation: body.generation, plugins }), 'the install report', [200]);
  } else if (name === 'reconcile.settled') {
    await isStaged(agent, isDeclared(generation) ? 1 : 0, patienceMs);
  }
};

/** The server has made ready what is declared. */
const isStaged = (agent: Played, count: number, patienceMs: number): Promise<void> =>
  eventually(patienceMs, `${count} plugins to be offered`, async () => {
    const { body } = await agent.get('plugins/lock');
    const offered = listAt(body, 'plugins').length;
    return { met: offered === count, value: undefined, seen: `${offered} offered` };
  });

/** The server is where the machine is, as far as that is seen. */
const agrees = (
  agent: Played,
  { status, ...context }: WorkspaceContext,
  patienceMs: number,
): Promise<void> => {
  const restart = isRestartDue(context);
  return eventually(patienceMs, `status ${status}${restart ? ', a restart pending' : ''}`, async () => {
    const view = await agent.view();
    const met = view.status === status && (view.restart_pending ?? restart) === restart;
    const seen = `status ${String(view.status)}${view.restart_pending === true ? ', a restart pending' : ''}`;
    return { met, value: undefined, seen };
  });
};

/** What is declared gets into place, and then there is peace. */
const isPutRight = async (agent: Played, declared: boolean, patienceMs: number): Promise<void> => {
  await isStaged(agent, declared ? 1 : 0, patienceMs);
  const { plugins_pending: isPending } = (await agent.beat()).body;
  if (declared && isPending !== false) await installPlugins(agent, patienceMs);
  else if (declared) await isSettled(agent, patienceMs);
  else {
    const { body } = await agent.get('plugins/lock');
    expectField((await agent.report({ generation: body.generation, plugins: [] })).body, 'complete', true);
  }
  await agent.register();
  for (let times = 0; times < STILL_BEATS; times += 1) {
    const { body } = await agent.beat();
    expectField(body, 'workspace_status', 'online');
    expectField(body, 'restart_pending', false);
    expectThat(body.plugins_pending !== true, 'nothing to be pending any more', body);
  }
};
