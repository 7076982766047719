import { workspaceMachine } from '../../../machines/workspace/workspace.machine.ts';
import { createPresences } from '../../store/presences.ts';
import { parseSnapshot, restoredActor } from '../../supervisor/restore.ts';
import { whyOf } from '../../supervisor/why.ts';
import { type Check, type Finding, fine, problem, warning } from '../check.ts';
import { type KnownWorkspace, knownWorkspaces } from '../known-workspaces.ts';

export const workspaces: Check = {
  id: 'workspaces',
  async look(installation) {
    const { database, now } = installation;
    const known = knownWorkspaces(installation);
    if (known === null || database === null) return [];
    const presences = createPresences(database).all();
    const findings = known.flatMap((one) => judge(one, presences.get(one.id)?.leaseExpiresAt ?? null, now()));
    if (findings.length > 0 || known.length === 0) return findings;
    return [fine(`No workspace is failed, offline or held up (${known.length}).`)];
  },
};

/** As the supervisor would see it, of what it last wrote down. */
const judge = ({ id, spec, snapshot }: KnownWorkspace, leaseEnd: number | null, now: number): Finding[] => {
  if (spec === null)
    return [
      problem(`The spec of workspace ${id} cannot be read.`, 'Restore a backup: Keepwell does not start.'),
    ];
  const { name } = spec;
  try {
    const actor = restoredActor(workspaceMachine, parseSnapshot(snapshot, id), () => {});
    const restored = actor.getSnapshot();
    const { status, plugins } = restored.context;
    const isBad = status === 'failed' || status === 'offline' || status === 'degraded';
    if (!isBad && plugins.blocked.length === 0) return [];
    const { text } = whyOf({ name, snapshot: restored, leaseEnd, led: null, now });
    const say = status === 'failed' ? problem : warning;
    return [
      say(
        `${name}: ${text}`,
        `\`keepwell why ${name}\` says more, \`keepwell logs ${name}\` what it printed.`,
      ),
    ];
  } catch (error) {
    return [
      problem(
        `The state of ${name} cannot be read: ${(error as Error).message}.`,
        `Keepwell puts it aside at its start; \`keepwell retry ${name}\` begins anew.`,
      ),
    ];
  }
};
