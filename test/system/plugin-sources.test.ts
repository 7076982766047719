import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRepository, type Repository } from '../plugins/support/git-repository.ts';
import { startGitServer } from '../plugins/support/git-server.ts';
import { scratch } from '../plugins/support/scratch.ts';
import type { InProcess } from './in-process.ts';
import { IDLE, openForTest } from './played-agents.ts';
import { type Answer, offerPlugin } from './program.ts';

const MINUTE = 60_000;
const RESYNC = 3 * MINUTE + 1;

/** A budget that many changes one after the other do not use up. */
const POLICY = { plugin_restart_budget: 50 };

const agent = (plugins: unknown[]): object => ({ name: 'w', command: IDLE, plugins, policy: POLICY });

const pluginFolder = ({ data }: InProcess, id: string, name: string): string =>
  join(data, 'workspaces', id, 'configs', 'plugins', name);

const textOf = (program: InProcess, id: string, name: string, file = 'tool.py'): string =>
  readFileSync(join(pluginFolder(program, id, name), file), 'utf8').trim();

const installedNames = ({ data }: InProcess, id: string): string[] =>
  readdirSync(join(data, 'workspaces', id, 'configs', 'plugins')).toSorted();

const rowsOf = async ({ api }: InProcess, id: string, event: string): Promise<Answer[]> =>
  (await api.history(id)).filter((row) => row.event === event);

/** A repository in which every kind of reference stands for another text, and whose branch is ahead of them all. */
const createVersions = async (folder: string) => {
  const repo = await createRepository(folder);
  const sha = await repo.commit({ 'tool.py': 'by sha\n' });
  await repo.commit({ 'tool.py': 'by light tag\n' });
  repo.git('tag', 'light');
  await repo.commit({ 'tool.py': 'by annotated tag\n' });
  repo.git('tag', '--annotate', 'annotated', '--message', 'Annotated');
  await repo.commit({ 'tool.py': 'by branch\n' });
  return { repo, refs: { sha, light: 'light', annotated: 'annotated', branch: 'main' } };
};

/** A repository with `v1` and `v2`, which differ in what an agent loads. */
const createTagged = async (folder: string): Promise<Repository> => {
  const repo = await createRepository(folder);
  await repo.commit({ 'tool.py': 'one\n' });
  repo.git('tag', '--annotate', 'v1', '--message', 'One');
  await repo.commit({ 'tool.py': 'two\n' });
  repo.git('tag', '--annotate', 'v2', '--message', 'Two');
  return repo;
};

describe('the plugins of a workspace', () => {
  it.each(['file', 'http'])(
    'are installed from git over %s by branch, light tag, annotated tag and full SHA, with one restart',
    async (transport) => {
      const home = await scratch();
      const { repo, refs } = await createVersions(join(home, 'repos', 'tools'));
      const server = await startGitServer(join(home, 'repos'));
      const address = transport === 'file' ? repo.url : `${server.url}/tools`;
      const { program, create, settle } = await openForTest({
        env: { KEEPWELL_PLUGIN_ALLOW_PRIVATE: 'true' },
      });
      const plugins = Object.entries(refs).map(([name, ref]) => ({ name, source: `${address}#${ref}` }));
      const { id } = await create(agent(plugins));
      const view = await settle(id);

      expect(view).toMatchObject({ state: 'wanted.online.converged', restarts: 1, incarnation: 2 });
      expect(view.plugins).toMatchObject({ declared: 4, installed: 4, failed: 0 });
      expect(Object.keys(refs).map((name) => textOf(program, id, name))).toEqual([
        'by sha',
        'by light tag',
        'by annotated tag',
        'by branch',
      ]);
      const { installed } = await program.api.get(`/workspaces/${id}/plugins`);
      for (const { name, revision, intact } of installed.plugins) {
        const ref = refs[name as keyof typeof refs];
        expect([name, revision, intact]).toEqual([name, repo.git('rev-parse', `${ref}^{commit}`), true]);
      }
      expect(server.requests.length > 0).toBe(transport === 'http');
    },
  );

  it('are brought to the new version when the declared pin is raised, with one restart', async () => {
    const repo = await createTagged(join(await scratch(), 'tool'));
    const { program, create, patch, settle } = await openForTest();
    const { id } = await create(agent([`${repo.url}#v1`]));
    const before = await settle(id);
    expect([textOf(program, id, 'tool'), before.restarts]).toEqual(['one', 1]);

    await patch(id, { plugins: [`${repo.url}#v2`] });
    const after = await settle(id);
    expect(textOf(program, id, 'tool')).toBe('two');
    expect(after).toMatchObject({
      restarts: 2,
      incarnation: before.incarnation + 1,
      observed_generation: 2,
      state: 'wanted.online.converged',
    });
    expect(await rowsOf(program, id, 'plugins.switched')).toHaveLength(2);
  });

  it('are removed when they are no longer declared, and stay gone whatever is restarted', async () => {
    const { program, create, settle, pass } = await openForTest();
    for (const name of ['kept', 'dropped']) await offerPlugin(program.data, name, { 'tool.py': name });
    const { id } = await create(agent(['local://kept', 'local://dropped']));
    const { restarts } = await settle(id);
    await program.api.request('DELETE', `/workspaces/${id}/plugins/dropped`);
    expect((await settle(id)).restarts).toBe(restarts + 1);

    const expectGone = () => {
      expect(installedNames(program, id)).toEqual(['kept']);
      expect(existsSync(pluginFolder(program, id, 'dropped'))).toBe(false);
    };
    expectGone();
    await pass(RESYNC);
    await settle(id);
    expectGone();
    await program.api.post(`/workspaces/${id}/restart`);
    await settle(id);
    expectGone();
    await program.restartSupervisor();
    const view = await settle(id);
    expectGone();
    expect(view.restarts).toBe(restarts + 2);
    expect(await rowsOf(program, id, 'plugins.switched')).toHaveLength(2);
  });

  it('are put back at the next resync when their files were changed or deleted, without a restart', async () => {
    const { program, create, settle, pass } = await openForTest();
    for (const name of ['changed', 'deleted', 'halved'])
      await offerPlugin(program.data, name, { 'tool.py': name, 'lib/more.py': name });
    const { id } = await create(agent(['local://changed', 'local://deleted', 'local://halved']));
    const before = await settle(id);
    writeFileSync(join(pluginFolder(program, id, 'changed'), 'tool.py'), 'tampered');
    rmSync(pluginFolder(program, id, 'deleted'), { recursive: true });
    rmSync(join(pluginFolder(program, id, 'halved'), 'lib'), { recursive: true });
    const { installed } = await program.api.get(`/workspaces/${id}/plugins`);
    expect(installed.plugins.map(({ intact }: Answer) => intact)).toEqual([false, false, false]);

    await pass(RESYNC);
    const after = await settle(id);
    for (const name of ['changed', 'deleted', 'halved']) {
      expect(textOf(program, id, name)).toBe(name);
      expect(textOf(program, id, name, 'lib/more.py')).toBe(name);
    }
    expect(after).toMatchObject({ restarts: before.restarts, incarnation: before.incarnation });
    expect(await rowsOf(program, id, 'instance.started')).toHaveLength(2);
  });

  it('change without a restart when only the text of a skill does', async () => {
    const repo = await createRepository(join(await scratch(), 'tool'));
    await repo.commit({ 'tool.py': 'one\n', 'skills/a/SKILL.md': 'one\n' });
    repo.git('tag', 'v1');
    await repo.commit({ 'skills/a/SKILL.md': 'two\n' });
    repo.git('tag', 'v2');
    const { program, create, patch, settle } = await openForTest();
    const { id } = await create(agent([`${repo.url}#v1`]));
    const before = await settle(id);
    await patch(id, { plugins: [`${repo.url}#v2`] });
    const after = await settle(id);
    expect(textOf(program, id, 'tool', 'skills/a/SKILL.md')).toBe('two');
    expect(after).toMatchObject({ restarts: before.restarts, incarnation: before.incarnation });
    expect(after.observed_generation).toBe(2);
  });

  it('follow a moved branch and a changed registry when asked to, and not by themselves', async () => {
    const repo = await createRepository(join(await scratch(), 'branch'));
    await repo.commit({ 'tool.py': 'one\n' });
    const { program, create, settle, pass } = await openForTest();
    await offerPlugin(program.data, 'local', { 'tool.py': 'one\n' });
    const { id } = await create(agent([`${repo.url}#main`, 'local://local']));
    const before = await settle(id);
    await repo.commit({ 'tool.py': 'two\n' });
    await offerPlugin(program.data, 'local', { 'tool.py': 'two\n' });

    await pass(RESYNC);
    const resynced = await settle(id);
    expect(await rowsOf(program, id, 'deadline.passed')).toHaveLength(1);
    expect(['branch', 'local'].map((name) => textOf(program, id, name))).toEqual(['one', 'one']);
    expect(resynced.restarts).toBe(before.restarts);

    await program.api.post(`/workspaces/${id}/reconcile`);
    const after = await settle(id);
    expect(['branch', 'local'].map((name) => textOf(program, id, name))).toEqual(['two', 'two']);
    expect(after.restarts).toBe(before.restarts + 1);
    const { installed } = await program.api.get(`/workspaces/${id}/plugins`);
    expect(installed.plugins[0].revision).toBe(repo.git('rev-parse', 'main'));
  });

  it('come and go without a restart when their manifest says `restart: never`', async () => {
    const { program, create, patch, settle } = await openForTest();
    const offer = (text: string) =>
      offerPlugin(program.data, 'quiet', {
        'plugin.yaml': 'name: quiet\nrestart: never\n',
        'tool.py': text,
      });
    await offer('one');
    const { id } = await create({ ...agent(['local://quiet']), allow_empty: true });
    const added = await settle(id);
    expect([textOf(program, id, 'quiet'), added.restarts, added.incarnation]).toEqual(['one', 0, 1]);
    await offer('two');
    await program.api.post(`/workspaces/${id}/reconcile`);
    await settle(id);
    expect(textOf(program, id, 'quiet')).toBe('two');
    await patch(id, { plugins: [] });
    const removed = await settle(id);
    expect(installedNames(program, id)).toEqual([]);
    expect([removed.restarts, removed.incarnation]).toEqual([0, 1]);
  });

  it('restart the agent when their declaration says so, against a manifest that says `restart: never`', async () => {
    const { program, create, settle } = await openForTest();
    await offerPlugin(program.data, 'quiet', { 'plugin.yaml': 'restart: never\n', 'tool.py': 'one' });
    const { id } = await create(agent([{ source: 'local://quiet', restart: 'always' }]));
    expect(await settle(id)).toMatchObject({ restarts: 1, incarnation: 2 });
  });
});
