import { ADMIN_TOKEN, type Api } from '../system/program.ts';
import type { World } from './requests.ts';

/** A workspace of each kind, so that requests reach something. */
export const createWorld = async (api: Api): Promise<World> => {
  const agent = await api.post('/workspaces', { name: 'fuzzed-agent', external: true });
  await api.post('/workspaces', { name: 'fuzzed-writer', template: 'seo-agent' });
  return {
    admin: ADMIN_TOKEN,
    agent: { id: agent.id, token: agent.auth_token },
    workspaces: [agent.id, 'fuzzed-writer'],
    plugins: ['seo-all', 'workspace', 'seo-agent', 'history'],
  };
};

/** Nothing waits: limits are for other tests. */
export const FUZZED = { KEEPWELL_RATE_LIMIT: '10000000', KEEPWELL_LOG_LEVEL: 'warn' };
