import type { BlockedPlugin, HeldPlugin, PluginGeneration } from '../../machines/reconcile/outcome.ts';
import { reasons } from '../../machines/workspace/reasons.ts';
import type { WorkspaceContext } from '../../machines/workspace/types.ts';
import { KeepwellError } from '../errors.ts';
import type { Occurrence } from './actor-host.ts';
import { presentAgent } from './agents.ts';
import type { InstallReport, ReportAnswer, Supervisor } from './api.ts';
import type { Core } from './core.ts';
import type { Entry } from './entry.ts';
import type { Reconciler } from './ports.ts';
import { isPossible } from './verbs.ts';

type Reported = Extract<Occurrence, { type: 'plugins.reported' }>;

/** How agents elsewhere say which plugins they have. */
export const reportingSide = ({
  directory,
  host,
  reconciler,
}: Pick<Core, 'directory' | 'host'> & {
  reconciler: Pick<Reconciler, 'history'>;
}): Pick<Supervisor, 'report'> => ({
  async report(workspaceId, incarnation, report) {
    if (presentAgent(directory, workspaceId, incarnation).snapshot.context.owned) throw pluginsAreOurs();
    const generations = await reconciler.history(workspaceId);
    // While the locks were read, the workspace may have moved on.
    const entry = presentAgent(directory, workspaceId, incarnation);
    const { answer, occurrence } = compareReport(report, generations, entry);
    if (changesSomething(occurrence, entry.snapshot.context) && isPossible(entry, occurrence)) {
      await host.send(entry, occurrence);
    } else {
      // What was told earlier may still be on its way to the disk.
      await entry.commit;
    }
    return answer;
  },
});

const pluginsAreOurs = (): KeepwellError =>
  new KeepwellError('STATE_CONFLICT', {
    message: 'The plugins of this workspace are installed by the supervisor itself.',
    hint: 'Only the agents of external workspaces report what they have.',
  });

/** What a report comes to, held against what the lock of the set in force records. */
const compareReport = (
  report: InstallReport,
  generations: readonly PluginGeneration[],
  { spec, snapshot }: Pick<Entry, 'spec' | 'snapshot'>,
): { answer: ReportAnswer; occurrence: Reported } => {
  const { generation, plugins } = generations.find(({ inForce }) => inForce) ?? NOTHING;
  const said = new Map(report.plugins.map((plugin) => [plugin.name, plugin]));
  const right = plugins.filter(({ name, treeHash }) => said.get(name)?.treeHash === treeHash);
  const rightNames = new Set(right.map(({ name }) => name));
  const wanted = new Set(plugins.map(({ name }) => name));
  const differences: ReportAnswer['differences'] = [
    ...plugins
      .filter(({ name }) => !rightNames.has(name))
      .map(({ name }) => ({ name, action: 'fetch' as const })),
    ...report.plugins
      .filter(({ name, treeHash }) => !wanted.has(name) && treeHash !== null)
      .map(({ name }) => ({ name, action: 'remove' as const })),
  ];
  const complete = report.generation === generation && differences.length === 0;

  // What cannot be put in place here is counted here, wherever an older content of it may be.
  const { blocked, suspicion } = snapshot.context.plugins;
  const outOfPlace = new Set(
    [...blocked, ...suspicion.held].map(({ name }: BlockedPlugin | HeldPlugin) => name),
  );
  const installed = spec.plugins.filter(({ name }) => rightNames.has(name) && !outOfPlace.has(name)).length;
  return {
    answer: { complete, generation, differences },
    occurrence: {
      type: 'plugins.reported',
      generation: report.generation,
      complete,
      installed,
      problem: complete ? null : problemOf(report, wanted),
    },
  };
};

const NOTHING = { generation: 0, plugins: [] } satisfies Partial<PluginGeneration>;
const LONGEST_PROBLEM = 300;

/** The first problem that concerns what is in force, as one line. */
const problemOf = ({ plugins }: InstallReport, wanted: ReadonlySet<string>): string | null => {
  const found = plugins.find(({ name, problem }) => problem !== null && wanted.has(name));
  if (found === undefined) return null;
  const line = `${found.name}: ${found.problem}`.replaceAll(/\s+/g, ' ').trim();
  return line.length > LONGEST_PROBLEM ? `${line.slice(0, LONGEST_PROBLEM - 1)}…` : line;
};

/** A fleet that reports what is known already must not cost a commit each. */
const changesSomething = (
  { complete, generation, installed, problem }: Reported,
  { plugins, reason }: WorkspaceContext,
): boolean => {
  if (complete) return plugins.reported !== generation || reason?.code === 'plugins-undelivered';
  return (
    plugins.reported !== null ||
    plugins.installed !== installed ||
    reason?.message !== reasons.undelivered(problem).message
  );
};
