import { resolvePolicy } from '../../machines/workspace/policy.ts';
import { EMPTY_SPEC } from '../../machines/workspace/spec.ts';
import { restoreActor } from './boot.ts';
import type { Core } from './core.ts';
import { type Entry, NO_PRESENCE } from './entry.ts';
import type { LoadedWorkspace } from './ports.ts';
import type { WorkspaceActor } from './restore.ts';

/**
 * Takes a stored workspace into the directory; nothing happens to it yet.
 * @returns what parks it, where its snapshot cannot be used; to be called once everybody is there
 */
export const restoreEntry = (row: LoadedWorkspace, core: Core): (() => void) | null => {
  const { directory, runtimes, host, tokens, policyDefaults, now, stamp, newEntry } = core;
  const { workspaceId, generation } = row;
  // What was stored by an earlier version says less.
  const spec = { ...EMPTY_SPEC, ...row.spec };
  let entry: Entry | undefined;
  const fresh = (): WorkspaceActor => {
    const policy = resolvePolicy(spec.policy, policyDefaults);
    const owned = runtimes[spec.runtime]?.owned ?? false;
    return host.prepare({ workspaceId, owned, policy, generation, ...stamp() }, () => entry);
  };
  const { actor, parkAs } = restoreActor(row, fresh, { host, now }, () => entry);
  const { createdAt, agentCard, url: agentUrl } = row;
  const presence = row.presence ?? { ...NO_PRESENCE };
  entry = newEntry({
    id: workspaceId,
    actor,
    spec,
    generation,
    createdAt,
    agentCard,
    agentUrl,
    presence,
    schedule: row.schedule,
  });
  directory.add(entry);
  // With the id that the directory has: one string for both.
  for (const token of row.tokens) tokens.add({ ...token, workspaceId });
  if (parkAs === null) host.begin(entry);
  return parkAs;
};
