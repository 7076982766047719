import { MINUTE, SECOND } from '../../../machines/time.ts';
import type { Policy } from '../../../machines/workspace/policy.ts';
import { EMPTY_SPEC, type WorkspaceSpec } from '../../../machines/workspace/spec.ts';
import type { RunningSupervisor } from '../../supervisor/supervisor.ts';
import { pluginContent, spoil } from '../memory/memory-plugins.ts';
import { type Action, type Deed, type Fault, isFault } from './action.ts';
import { nameOf } from './tell-action.ts';
import { commandOf, type World } from './world.ts';

/** Short waits and small budgets, so that few hours meet their ends. */
const HASTY: Partial<Policy> = {
  offlineAfterMs: 60 * SECOND,
  provisionWithinMs: 3 * MINUTE,
  restartBudget: 2,
  restartWindowMs: 10 * MINUTE,
  restartBackoffMs: 5 * SECOND,
  healthyAfterMs: 4 * MINUTE,
  resyncEveryMs: 45 * SECOND,
  resyncJitterMs: 20 * SECOND,
  reconcileWithinMs: 4 * MINUTE,
  pluginTries: 3,
  pluginRetrySlowMs: 5 * MINUTE,
  pluginProbationMs: 90 * SECOND,
};

/** Makes actions happen in a world, and mends it again. */
export const createOperators = (world: World) => {
  const { requests, watch, timeline, agents, publisher, machine, network, disturbances } = world;
  const counts: Record<string, number> = {};

  const idOf = (workspace: number | null): string | null =>
    workspace === null ? null : (machine.disk.names.get(nameOf(workspace)) ?? null);

  /** Asks for what decides about a workspace at once; what is answered then is on the disk. */
  const decide = (
    what: string,
    workspace: number,
    request: (supervisor: RunningSupervisor, id: string) => Promise<unknown>,
  ): void => {
    const id = idOf(workspace);
    if (id === null) return;
    let decided = 0;
    requests.ask(
      what,
      (supervisor) => {
        const answer = request(supervisor, id);
        decided = watch.seen.get(id)?.decisions ?? 0;
        return answer;
      },
      () => world.checkAcknowledged(id, decided, what),
    );
  };

  const change = (
    workspace: number,
    what: string,
    changed: (spec: WorkspaceSpec) => Partial<WorkspaceSpec>,
  ) =>
    decide(what, workspace, async (supervisor, id) => {
      const { spec } = supervisor.view(id);
      return supervisor.change(id, { ...spec, ...changed(spec) }, null);
    });

  const create = ({ workspace, external, plugins, hasty }: Deed & { kind: 'create' }): void => {
    const name = nameOf(workspace);
    const spec: WorkspaceSpec = {
      ...EMPTY_SPEC,
      name,
      runtime: external ? 'external' : 'process',
      command: external ? [] : commandOf(true),
      plugins: publisher.declarations(plugins),
      allowEmpty: true,
      policy: hasty ? HASTY : {},
    };
    requests.ask(
      `create ${name}`,
      (supervisor) => supervisor.create(spec, { key: name, digest: name }),
      ({ view: { id } }) => {
        if (!machine.disk.workspaces.has(id))
          watch.report('6', 'acknowledgedIsStored', id, `${name} was created, but is not on the disk`);
        agents.findExternal([{ workspaceId: id, spec }]);
      },
    );
  };

  const secret = ({ workspace, name, value }: Deed & { kind: 'secret' }): void => {
    const id = idOf(workspace);
    if (workspace !== null && id === null) return;
    requests.ask('secrets', (supervisor) => supervisor.changeSecrets(id, { [name]: value }));
  };

  const doDeed = (action: Deed): void => {
    switch (action.kind) {
      case 'create':
        return create(action);
      case 'verb':
        return decide(action.verb, action.workspace, (supervisor, id) => supervisor.act(id, action.verb));
      case 'declare':
        return change(action.workspace, 'declare', () => ({
          plugins: publisher.declarations(action.plugins),
        }));
      case 'role':
        return change(action.workspace, 'role', () => ({ role: action.role }));
      case 'env':
        return change(action.workspace, 'env', ({ env }) => ({ env: { ...env, COLOUR: action.value } }));
      case 'command':
        return change(action.workspace, 'command', ({ runtime }) =>
          runtime === 'external' ? {} : { command: commandOf(action.exists) },
        );
      case 'secret':
        return secret(action);
      case 'rollback':
        return ask('rollback', action.workspace, (supervisor, id) => supervisor.rollback(id, null));
      case 'update':
        return ask('update', action.workspace, (supervisor, id) => supervisor.updatePlugins(id, 'all'));
      case 'release':
        return ask('release', action.workspace, async (supervisor, id) => {
          const [held] = supervisor.view(id).plugins.held;
          if (held !== undefined) await supervisor.releasePlugin(id, held.name);
        });
      case 'remove':
        return decide('remove', action.workspace, (supervisor, id) =>
          supervisor.remove(id, { purge: action.purge }),
        );
      case 'publish':
        return publisher.publish(action.plugin, { isBad: action.bad, onlyWords: action.words });
      case 'withdraw':
        return publisher.withdraw(action.plugin, action.forMs);
    }
  };

  const ask = (
    what: string,
    workspace: number,
    request: (supervisor: RunningSupervisor, id: string) => Promise<unknown>,
  ): void => {
    const id = idOf(workspace);
    if (id !== null) requests.ask(what, (supervisor) => request(supervisor, id));
  };

  const whose = ({ workspace }: { workspace: number | null }): string | null =>
    workspace === null ? null : (idOf(workspace) ?? 'nobody');

  const doFault = (action: Fault, n: number): void => {
    switch (action.kind) {
      case 'crash':
        return world.kill(action.steps, action.downMs, false);
      case 'power-cut':
        return world.kill(action.steps, action.downMs, true);
      case 'disk-full': {
        world.setDiskProblem('database or disk is full');
        fullUntil = Math.max(fullUntil, timeline.now() + action.forMs);
        timeline.after(action.forMs, () => {
          if (timeline.now() >= fullUntil) world.setDiskProblem(null);
        });
        return;
      }
      case 'beats-lost':
        return network.lose(whose(action), action.forMs, action.share);
      case 'beats-late':
        return network.delay(whose(action), action.forMs, action.byMs);
      case 'beats-doubled':
        return network.double(whose(action), action.forMs);
      case 'clock-jump':
        return world.setClock(action.byMs);
      case 'stall':
        return world.stall(action.forMs);
      case 'mass-silence':
        return agents.moods.open(null, action.forMs, 'silent');
      case 'agent-exits':
        return agents.exit(idOf(action.workspace) ?? '');
      case 'agent-silent':
        return agents.moods.open(whose(action), action.forMs, 'silent');
      case 'agent-wedged':
        return agents.moods.open(whose(action), action.forMs, 'wedged');
      case 'agent-flaps':
        return agents.moods.open(whose(action), action.forMs, 'flapping');
      case 'agent-crash-loop':
        agents.crashing.open(whose(action), action.forMs, true);
        return agents.exit(idOf(action.workspace) ?? '');
      case 'agent-undead':
        return agents.haunt(idOf(action.workspace) ?? '', action.forMs);
      case 'driver-fails':
        return disturbances.drivers.open(whose(action), action.forMs, { done: n % 2 === 0 });
      case 'driver-slow':
        return disturbances.slowDrivers.open(null, action.forMs, { byMs: action.byMs });
      case 'source-fails':
        return disturbances.sources.open(action.plugin, action.forMs, { fails: true, byMs: 0 });
      case 'source-slow':
        return disturbances.sources.open(action.plugin, action.forMs, { fails: false, byMs: action.byMs });
      case 'source-hangs':
        return disturbances.sources.open(action.plugin, action.forMs, { fails: true, byMs: Infinity });
      case 'plugin-tampered': {
        const id = idOf(action.workspace);
        const isThere = id !== null && facts.inForce(id).plugins.some(({ name }) => name === action.plugin);
        if (!isThere) return;
        const seen = watch.seen.get(id);
        if (seen !== undefined) seen.tamperedAt = timeline.now();
        return spoil(machine.shelf, id, action.plugin, n % 3 === 0 ? null : TAMPERED);
      }
      case 'restart-storm':
        for (let time = 0; time < action.times; time += 1) {
          timeline.after(time * 700, () => {
            for (const { id } of watch.seen.values()) {
              requests.ask('restart', (supervisor) => supervisor.act(id, 'restart'));
            }
          });
        }
    }
  };
  const { facts } = world;
  let fullUntil = 0;

  /** Somebody looks after what was given up, or cannot start. */
  const help = (): void => {
    for (const { id, state, spec, removed } of watch.seen.values()) {
      if (removed) continue;
      if (state === 'wanted.failed') requests.ask('retry', (supervisor) => supervisor.act(id, 'retry'));
      if (hasCommand(spec)) continue;
      requests.ask('command', (supervisor) => {
        const view = supervisor.view(id);
        return supervisor.change(id, { ...view.spec, command: commandOf(true) }, null);
      });
    }
  };

  return {
    /** How often each kind of action was performed. */
    counts,
    perform(action: Action): void {
      counts[action.kind] = (counts[action.kind] ?? 0) + 1;
      if (isFault(action)) doFault(action, action.n);
      else doDeed(action);
    },
    /** Everything that is broken is mended, and stays so. */
    mend(): void {
      world.setDiskProblem(null);
      network.calm();
      disturbances.calm();
      agents.calm();
      publisher.calm();
      world.open();
      help();
    },
    help,
  };
};

export type Operators = ReturnType<typeof createOperators>;

const TAMPERED = pluginContent({ 'tool.py': 'somebody was here\n' });

/** Whether it can start at all: with an agent that runs elsewhere, or a command that is there. */
export const hasCommand = ({ runtime, command }: WorkspaceSpec): boolean =>
  runtime === 'external' || command[0] === commandOf(true)[0];
