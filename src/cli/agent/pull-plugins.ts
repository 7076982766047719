import type { InstalledPlugin } from '../../../machines/reconcile/outcome.ts';
import { makesRestartDue } from '../../../machines/reconcile/plan.ts';
import { KeepwellError } from '../../errors.ts';
import { describeFailure, shorten } from './describe-failure.ts';
import { type PluginClient, Refused, type WantedPlugin, type WantedSet } from './plugin-client.ts';
import type { PluginFolder, StoredTree } from './plugin-folder.ts';

export type Pulled = {
  /** `ours`: the server installs the plugins of this workspace itself, so nothing here may touch them. */
  kind: 'complete' | 'incomplete' | 'ours';
  /** The plugin generation that it was about; null when the server did not say. */
  generation: number | null;
  /** Names of what was put in place or taken away. */
  changed: string[];
  /** Whether the command has to be started again to load it. */
  restartDue: boolean;
  /** Why it is incomplete, in one line; null when it is not. */
  problem: string | null;
  /** The plugins that could not be had. */
  failed: Failed[];
};
type Failed = { name: string; problem: string };

type Found = Map<string, InstalledPlugin>;
type Ready = { wanted: WantedPlugin; tree: StoredTree };

/**
 * Makes the plugins in a folder those that the server wants there, once, and says what is in place.
 *
 * Says so before anything is touched too: what was changed by hand is known to the server before it is mended, and a
 * server that installs the plugins itself says no. A plugin that cannot be had leaves what was there of it, and is
 * reported with its problem; the others are put in place together, by one rename. Killed at any point it leaves the
 * old set or the new one, and may be repeated. Never rejects.
 *
 * @param last What the pull before it came to: what failed then is still missing for that reason until it is here.
 */
export const pullPlugins = async (
  client: PluginClient,
  folder: PluginFolder,
  last: Pulled | null,
  signal: AbortSignal,
): Promise<Pulled> => {
  const pulled: Pulled = {
    kind: 'incomplete',
    generation: null,
    changed: [],
    restartDue: false,
    problem: null,
    failed: [],
  };
  try {
    const wanted = await client.wanted(signal);
    pulled.generation = wanted.generation;
    const found = await look(folder);
    const known = wanted.generation === last?.generation ? last.failed : [];
    const missing = new Set(
      wanted.plugins.filter((each) => !isIntact(found.get(each.name), each)).map(({ name }) => name),
    );
    const stillFailed = known.filter(({ name }) => missing.has(name));
    const before = await tell(client, wanted.generation, found, stillFailed, signal);
    if (before.complete) return { ...pulled, kind: 'complete' };

    const { ready, failed } = await fetchMissing({ client, folder, wanted, found }, signal);
    pulled.failed = failed;
    Object.assign(pulled, await putInPlace({ folder, wanted, found, ready }, signal));
    const after = await tell(client, wanted.generation, await look(folder), failed, signal);
    if (failed.length === 0) await folder.tidy();
    const [first] = failed;
    const problem = first === undefined ? 'the server wants other plugins by now' : saying(first);
    return { ...pulled, ...(after.complete ? { kind: 'complete' } : { problem }) };
  } catch (error) {
    if (error instanceof Refused && error.code === 'STATE_CONFLICT') return { ...pulled, kind: 'ours' };
    return { ...pulled, problem: problemOf(error) };
  }
};

const saying = ({ name, problem }: Failed): string => shorten(`${name}: ${problem}`);

const problemOf = (error: unknown): string =>
  error instanceof KeepwellError ? `${error.message} (${error.code})` : describeFailure(error);

const look = async (folder: PluginFolder): Promise<Found> =>
  new Map((await folder.installed()).plugins.map((plugin) => [plugin.name, plugin]));

/** What is reported is what the bytes are now, whatever was written down of them. */
const tell = (
  client: PluginClient,
  generation: number,
  found: Found,
  failed: Failed[],
  signal: AbortSignal,
) => {
  const problems = new Map(failed.map(({ name, problem }) => [name, problem]));
  const present = [...found.values()].filter(({ actualHash }) => actualHash !== null);
  const plugins = [
    ...present.map(({ name, actualHash }) => ({
      name,
      treeHash: actualHash,
      problem: problems.get(name) ?? null,
    })),
    ...failed
      .filter(({ name }) => !present.some((plugin) => plugin.name === name))
      .map(({ name, problem }) => ({ name, treeHash: null, problem })),
  ];
  return client.report({ generation, plugins }, signal);
};

const isIntact = (plugin: InstalledPlugin | undefined, { treeHash }: WantedPlugin): boolean =>
  plugin?.treeHash === treeHash && plugin.actualHash === treeHash;

const fetchMissing = async (
  {
    client,
    folder,
    wanted,
    found,
  }: { client: PluginClient; folder: PluginFolder; wanted: WantedSet; found: Found },
  signal: AbortSignal,
): Promise<{ ready: Ready[]; failed: Failed[] }> => {
  const ready: Ready[] = [];
  const failed: Failed[] = [];
  for (const plugin of wanted.plugins.filter((each) => !isIntact(found.get(each.name), each))) {
    try {
      const tree =
        (await folder.find(plugin.treeHash)) ?? (await fetchOne(client, folder, plugin, found, signal));
      ready.push({ wanted: plugin, tree });
    } catch (error) {
      signal.throwIfAborted();
      failed.push({ name: plugin.name, problem: problemOf(error) });
    }
  }
  return { ready, failed };
};

const fetchOne = async (
  client: PluginClient,
  folder: PluginFolder,
  { name, treeHash }: WantedPlugin,
  found: Found,
  signal: AbortSignal,
): Promise<StoredTree> => {
  const present = found.get(name)?.actualHash ?? null;
  const tree = await client.download(
    { name, treeHash, present },
    (archive, inTime) => folder.unpack(archive, inTime),
    signal,
  );
  if (tree === null) throw new Error('the server has another content of it by now');
  if (tree.treeHash === treeHash) return tree;
  await folder.drop(tree.treeHash);
  throw new KeepwellError('PLUGIN_HASH_MISMATCH', {
    message: 'What came is not what the server says that it is.',
  });
};

/** Builds the whole set and switches to it; nothing when nothing would be other than it is. */
const putInPlace = async (
  { folder, wanted, found, ready }: { folder: PluginFolder; wanted: WantedSet; found: Found; ready: Ready[] },
  signal: AbortSignal,
): Promise<Pick<Pulled, 'changed' | 'restartDue'>> => {
  const trees = new Map(ready.map(({ wanted: plugin, tree }) => [plugin.name, tree]));
  const names = new Set(wanted.plugins.map(({ name }) => name));
  const removed = [...found.values()].filter(({ name }) => !names.has(name));
  const changed = [...ready.map(({ wanted: plugin }) => plugin.name), ...removed.map(({ name }) => name)];
  if (changed.length === 0) return { changed, restartDue: false };

  const restartDue =
    ready.some(({ wanted: { name, restart }, tree }) =>
      makesRestartDue(restart, found.get(name) ?? null, tree),
    ) || removed.some((plugin) => makesRestartDue(plugin.restart, plugin, null));
  const set = wanted.plugins.flatMap((plugin): { plugin: WantedPlugin; tree: StoredTree | null }[] => {
    const tree = trees.get(plugin.name);
    if (tree !== undefined) return [{ plugin, tree }];
    const stays = (found.get(plugin.name)?.actualHash ?? null) !== null;
    return stays ? [{ plugin, tree: null }] : [];
  });
  await folder.replace(set, { changed, restartNeeded: restartDue }, signal);
  return { changed, restartDue };
};
