import { isGitNewEnough, OLDEST_GIT } from '../../plugins/git/check-version.ts';
import { type Check, fine, problem, warning } from '../check.ts';
import type { Installation } from '../installation.ts';
import { knownWorkspaces } from '../known-workspaces.ts';
import { runProgram } from '../run-program.ts';

const REMOTE = /^(git\+|github:|gitea:)/;

/** Without git there are plugins of this machine and archives; whether that is enough is in the specs. */
export const git: Check = {
  id: 'git',
  async look(installation) {
    const needed = sourcesOf(installation).filter((source) => REMOTE.test(source)).length;
    const told = await runProgram('git', ['version'], installation.env);
    const judge = needed > 0 ? problem : warning;
    const who = needed > 0 ? `${needed} declared plugins come from git. ` : '';
    if (told === null)
      return [judge(`${who}There is no git on PATH.`, `Install git ${OLDEST_GIT} or newer.`)];
    const version = told.trim().split('\n')[0] ?? '';
    if (!isGitNewEnough(told))
      return [judge(`${who}${version} is too old.`, `Install git ${OLDEST_GIT} or newer.`)];
    return [fine(`${version} can fetch plugins.`)];
  },
};

export const ssh: Check = {
  id: 'ssh',
  async look(installation) {
    const needed = sourcesOf(installation).filter((source) => source.startsWith('git+ssh:')).length;
    if (needed === 0) return [];
    const told = await runProgram('ssh', ['-V'], installation.env);
    if (told !== null) return [fine(`${told.trim().split('\n')[0]} can fetch plugins.`)];
    return [
      problem(
        `${needed} declared plugins come by git+ssh, and there is no ssh on PATH.`,
        'Install the OpenSSH client.',
      ),
    ];
  },
};

const sourcesOf = (installation: Installation): string[] =>
  (knownWorkspaces(installation) ?? []).flatMap(({ spec }) =>
    (spec?.plugins ?? []).map(({ source }) => source),
  );
