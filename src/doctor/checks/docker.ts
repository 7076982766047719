import { openEngine } from '../../runtimes/docker/engine.ts';
import { type Check, fine, problem } from '../check.ts';
import { knownWorkspaces } from '../known-workspaces.ts';

export const docker: Check = {
  id: 'docker',
  async look(installation) {
    const users = (knownWorkspaces(installation) ?? []).filter(({ spec }) => spec?.runtime === 'docker');
    if (users.length === 0) return [];
    try {
      await openEngine(installation.config.dockerHost, { answerMs: 5_000 }).list([]);
      return [fine(`The Docker engine answers; ${users.length} workspaces use it.`)];
    } catch (error) {
      return [
        problem(
          `${users.length} workspaces run in containers, and the engine does not answer: ${(error as Error).message}`,
          'Start it (`systemctl start docker`), let this user reach its socket, or set `docker_host`. Nothing is called dead meanwhile.',
        ),
      ];
    }
  },
};
