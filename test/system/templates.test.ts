import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRepository, type Repository } from '../plugins/support/git-repository.ts';
import {
  type Answer,
  createDataFolder,
  eventually,
  keepwell,
  type Program,
  startProgram,
  stopAgents,
} from './program.ts';

/** A plugin as people have them: nothing in it was written for Keepwell. */
const PLUGIN = {
  'plugin.yaml': `name: seo-toolkit
version: 1.2.0
description: Search engine work.
author: Acme
tags: [seo, content]
runtimes: [claude_code, langgraph]
skills: [seo-audit]
hooks: [session-start]
`,
  'skills/seo-audit/SKILL.md': '---\nname: seo-audit\n---\n# Audit a page\n',
  'adapters/claude_code.py': 'class Adaptor:\n    pass\n',
  'hooks/session-start.sh': '#!/bin/sh\necho hello\n',
  'settings-fragment.json': '{"hooks":{"SessionStart":[]}}\n',
};

/** A template as people have them. `SOURCE` is the address of the repository. */
const CONFIG = `name: SEO agent
description: Looks after pages.
version: 1.0.0
tier: 2
runtime: claude-code
model: some-model
prompt_files: [system-prompt.md]
runtime_config:
  timeout: 0
  required_env: [MODEL_KEY]
required_env:
  - name: API_KEY
    description: of the search console
plugins:
  - seo-all
  - source: SOURCE
    config: { depth: 2 }
`;

/** Says once what it finds in its configs folder, then lives. The sidecar beats for it. */
const AGENT = [
  '/bin/sh',
  '-c',
  'cat "$WORKSPACE_CONFIG_PATH/system-prompt.md"; echo "key $API_KEY"; exec sleep 600',
];

let data: ReturnType<typeof createDataFolder>;
let program: Program;
let repository: Repository;

const inData = (path: string) => join(data.path, path);
const writeTemplate = (name: string, files: Record<string, string>) => {
  for (const [path, text] of Object.entries(files)) {
    const file = inData(`templates/${name}/${path}`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
};
const create = (body: object) => program.api.request('POST', '/workspaces', body);
const reaching = (id: string, state: string) =>
  eventually(`${id} in ${state}`, async () => {
    const view: Answer = await program.api.view(id);
    return view.state === state ? view : null;
  });

beforeEach(async () => {
  data = createDataFolder();
  repository = await createRepository(inData('repository'));
  await repository.commit(PLUGIN);
  repository.git('tag', 'v1');
  const source = `${repository.url}#v1`;
  writeTemplate('seo', {
    'config.yaml': CONFIG.replace('SOURCE', source),
    'system-prompt.md': 'Be thorough.\n',
    'notes/style.md': 'Short sentences.\n',
  });
  program = await startProgram({ data: data.path });
});

afterEach(async () => {
  await program.kill9();
  stopAgents(data.path);
  data.remove();
});

describe('a template and a plugin repository of the shape that people have', () => {
  const env = { API_KEY: 'k', MODEL_KEY: 'm' };
  const body = { name: 'seo', template: 'seo', command: AGENT, sidecar: true, env };

  it('work unchanged: its files are placed, its plugins installed, its settings known', async () => {
    const { status, body: created } = await create(body);
    expect([status, created.tier]).toEqual([201, 2]);
    const view = await reaching(created.id, 'wanted.online.converged');
    expect(view.plugins).toMatchObject({ declared: 2, installed: 2, failed: 0 });
    expect(view.spec).toMatchObject({
      agent_runtime: 'claude-code',
      required_env: ['API_KEY', 'MODEL_KEY'],
      plugins: [{ name: 'seo-all' }, { name: 'repository', config: { depth: 2 } }],
    });
    const configs = inData(`workspaces/${created.id}/configs`);
    for (const [path, text] of Object.entries(PLUGIN)) {
      expect([path, readFileSync(join(configs, 'plugins/repository', path), 'utf8')]).toEqual([path, text]);
    }
    expect(readFileSync(join(configs, 'notes/style.md'), 'utf8')).toBe('Short sentences.\n');
    expect(readFileSync(join(configs, 'config.yaml'), 'utf8')).toContain('runtime: claude-code');
    const { stdout } = await keepwell(data.path, ['logs', 'seo']);
    expect(stdout).toContain('Be thorough.\nkey k');
  });

  it('leave alone what the agent made of its files when it is started again', async () => {
    const { body: created } = await create(body);
    await reaching(created.id, 'wanted.online.converged');
    const prompt = inData(`workspaces/${created.id}/configs/system-prompt.md`);
    writeFileSync(prompt, 'Be quick.\n');
    rmSync(inData(`workspaces/${created.id}/configs/notes`), { recursive: true });
    const { incarnation } = await program.api.view('seo');
    await program.api.post('/workspaces/seo/restart');
    await eventually('another incarnation', async () => {
      const view = await program.api.view('seo');
      return view.incarnation > incarnation && view.state === 'wanted.online.converged';
    });
    expect(readFileSync(prompt, 'utf8')).toBe('Be quick.\n');
    expect(existsSync(inData(`workspaces/${created.id}/configs/notes`))).toBe(false);
    expect((await keepwell(data.path, ['logs', 'seo'])).stdout).toContain('Be quick.');
  });

  it('refuse a plugin that does not suit what the agent is built on, and install the others', async () => {
    const { body: created } = await create({ ...body, agent_runtime: 'crewai' });
    const view = await reaching(created.id, 'wanted.online.blocked');
    expect(view.plugins).toMatchObject({ declared: 2, installed: 1 });
    expect(view.plugins.blocked).toMatchObject([{ name: 'repository', code: 'PLUGIN_RUNTIME_MISMATCH' }]);
    expect(view.plugins.blocked[0].message).toContain('crewai');
    expect(existsSync(inData(`workspaces/${created.id}/configs/plugins/repository`))).toBe(false);
  });

  it('name everything that is missing before anything is started', async () => {
    const { body: created } = await create({ ...body, env: {} });
    const view = await reaching(created.id, 'wanted.failed');
    expect(view.reason.message).toContain('API_KEY, MODEL_KEY');
    expect(existsSync(inData(`workspaces/${created.id}/instance.json`))).toBe(false);
  });

  it('do not say what to run, and that is what is said', async () => {
    const { status, body: refused } = await create({ name: 'seo', template: 'seo' });
    expect([status, refused.code]).toEqual([422, 'COMMAND_MISSING']);
    const cli = await keepwell(data.path, ['plan', '--template', 'seo']);
    expect(cli.stdout).toContain('does not say what to run');
    expect(cli.stdout).toContain(`add plugin repository from ${repository.url}#v1: not installed`);
    expect(cli.stdout).toContain('needs API_KEY, MODEL_KEY');
  });
});

describe('a template that allows some sources only', () => {
  it('lets nothing else in, neither at once nor later', async () => {
    writeTemplate('careful', {
      'template.yaml':
        'command: [sleep, "600"]\nsidecar: true\nplugins: [seo-all]\nallow_plugins: ["local://seo-*"]\n',
    });
    const source = `${repository.url}#v1`;
    const refused = await create({ name: 'careful', template: 'careful', plugins: [source] });
    expect([refused.status, refused.body.code]).toEqual([422, 'PLUGIN_NOT_ALLOWED']);
    const { body: created } = await create({ name: 'careful', template: 'careful' });
    await reaching(created.id, 'wanted.online.converged');
    const later = await program.api.request('POST', `/workspaces/${created.id}/plugins`, { source });
    expect([later.status, later.body.code]).toEqual([422, 'PLUGIN_NOT_ALLOWED']);
    expect((await program.api.view('careful')).generation).toBe(1);
  });
});
