import type { InstallReport } from '../../supervisor/api.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { identifyAgent } from '../identify-agent.ts';
import { invalid } from '../issues.ts';
import { InstallReportAnswer, InstallReportBody } from '../schemas/install-report.ts';
import { WorkspaceParams } from '../schemas/params.ts';
import { incarnationOf } from './heartbeat.ts';

/** POST /workspaces/:id/plugin-install-report: an agent elsewhere says which plugins it has. */
export const installReportRoute = (app: HttpApp, { supervisor, identify, lockout }: HttpContext): void => {
  app.post(
    '/workspaces/:id/plugin-install-report',
    {
      config: {
        auth: 'agent',
        errors: ['WORKSPACE_NOT_FOUND', 'WORKSPACE_REMOVED', 'STALE_INCARNATION', 'STATE_CONFLICT'],
      },
      schema: {
        summary: 'Says which plugins an agent elsewhere has in place',
        description:
          'The workspace counts as converged once a report is complete: it names the generation in force, and each ' +
          'of its plugins with its tree hash. The answer lists what is to be fetched or removed before the next one.',
        tags: ['agents', 'plugins'],
        params: WorkspaceParams,
        body: InstallReportBody,
        response: { 200: InstallReportAnswer },
      },
    },
    async (request) => {
      const { body, headers } = request;
      const workspaceId = request.params.id;
      const identity = identifyAgent(
        {
          supervisor,
          identify,
          lockout,
          address: request.ip,
          authorization: headers.authorization,
          workspaceId,
        },
        'refused',
      );
      return supervisor.report(workspaceId, incarnationOf(identity, body), reportOf(body));
    },
  );
};

/** @throws `BAD_REQUEST` for a plugin that is named twice, or with two hashes */
const reportOf = ({ generation, plugins }: InstallReportBody): InstallReport => {
  const seen = new Set<string>();
  const issues = plugins.flatMap(({ name, tree_hash: treeHash, sha256 }, index) => {
    const isRepeated = seen.has(name);
    seen.add(name);
    if (isRepeated) return [{ path: `plugins.${index}.name`, message: 'is there twice' }];
    if (treeHash && sha256 && treeHash.toLowerCase() !== sha256.toLowerCase()) {
      return [{ path: `plugins.${index}.sha256`, message: 'is another than `tree_hash`' }];
    }
    return [];
  });
  if (issues.length > 0) throw invalid(issues);
  return { generation, plugins: plugins.map(pluginOf) };
};

const pluginOf = ({
  name,
  tree_hash: treeHash,
  sha256,
  status,
  error,
}: InstallReportBody['plugins'][number]): InstallReport['plugins'][number] => ({
  name,
  treeHash: (treeHash ?? sha256)?.toLowerCase() ?? null,
  problem: error || (status === 'failed' ? 'it could not be put in place' : null),
});
