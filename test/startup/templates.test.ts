import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../machines/workspace/policy.ts';
import type { KeepwellError } from '../../src/errors.ts';
import { readPolicy } from '../../src/http/wire/read-policy.ts';
import { type DeclarationInput, parseDeclaration } from '../../src/plugins/declaration.ts';
import { openTemplates } from '../../src/startup/templates/open-templates.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keepwell-templates-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () =>
  openTemplates(folder, {
    parseDeclaration: (input) => parseDeclaration(input as DeclarationInput),
    readPolicy: (policy) => readPolicy(policy, DEFAULT_POLICY),
  });
const write = (path: string, text: string | Buffer) => {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
};
const load = (text: string, file = 'template.yaml') => {
  write(`t/${file}`, text);
  return open().load('t');
};
const problemsOf = async (text: string, file?: string): Promise<string[]> => {
  const error = await load(text, file).then(
    () => null,
    (thrown: KeepwellError) => thrown,
  );
  expect(error?.code).toBe('TEMPLATE_INVALID');
  return ((error?.details ?? []) as { path: string; message: string }[]).map(
    ({ path, message }) => `${path} ${message}`,
  );
};

describe('a template.yaml', () => {
  it('says everything that a workspace can begin with', async () => {
    const template = await load(`
description: Writes.
version: 1.0
role: writer
tier: 2
runtime: process
command: [node, ./agent.mjs, --quiet]
sidecar: true
env: { PORT: 8080, NAME: x, EMPTY: "" }
plugins: [seo-all, { source: "local://lint", restart: never }]
required_env: [API_KEY, { name: OTHER, description: for the other }]
agent_runtime: claude-code
allow_plugins: ["github://acme/*"]
policy: { offline_after: 60s, restart_budget: 2 }
misbehaves: [silent, ignore-sigterm]
`);
    expect(template).toEqual({
      file: 'template.yaml',
      description: 'Writes.',
      version: '1',
      role: 'writer',
      tier: 2,
      runtime: 'process',
      command: ['node', join(folder, 't/agent.mjs'), '--quiet'],
      sidecar: true,
      env: { PORT: '8080', NAME: 'x', EMPTY: '' },
      plugins: [
        { name: 'seo-all', source: 'local://seo-all' },
        { name: 'lint', source: 'local://lint', restart: 'never' },
      ],
      requiredEnv: ['API_KEY', 'OTHER'],
      agentRuntime: 'claude-code',
      pluginAllow: ['github://acme/*'],
      policy: { offlineAfterMs: 60_000, restartBudget: 2 },
      misbehaves: ['silent', 'ignore-sigterm'],
    });
  });

  it('says nothing that it does not say', async () => {
    expect(await load('command: [x]')).toEqual({
      file: 'template.yaml',
      description: null,
      version: null,
      command: ['x'],
    });
  });

  it('is refused with all that is wrong with it, each with its line', async () => {
    const problems = await problemsOf(`description: fine
comand: [x]
tier: 4
runtime: vm
sidecar: yes please
env:
  OK: 1
  NOT-OK: 1
  DEEP: { a: 1 }
plugins:
  - local://ok
  - Not OK
  - ok
required_env: [FINE, 7]
policy:
  offline_after: soon
  ofline_after: 1m
misbehaves: [crash, ../up]
zzz: 1
`);
    expect(problems).toEqual([
      'template.yaml:2 `comand` is not known here; did you mean `command`?',
      'template.yaml:3 `tier` is not 1, 2 or 3',
      'template.yaml:4 `runtime` is not `process` or `docker` or `external`',
      'template.yaml:5 `sidecar` is not true or false',
      'template.yaml:8 `env.NOT-OK` is not a name for a variable',
      'template.yaml:9 `env.DEEP` is not a single value',
      expect.stringMatching(/^template\.yaml:12 `plugins` item 2: /),
      'template.yaml:13 `plugins` item 3: it declares `ok` a second time',
      'template.yaml:14 `required_env` item 2: it is not the name of a variable, nor `{name, description}`',
      'template.yaml:17 `policy.ofline_after` is not known here; did you mean `offline_after`?',
      'template.yaml:18 `misbehaves` item 2: it is not a word such as `ignore-sigterm`',
      'template.yaml:19 `zzz` is not known here',
    ]);
  });

  it.each([
    ['a text', 'allow_plugins: "*"'],
    ['nothing', 'allow_plugins:'],
    ['a mapping', 'allow_plugins: {a: b}'],
    ['a list with a hole', 'allow_plugins: ["github://acme/*", ""]'],
    ['a list with a number', 'allow_plugins: [1]'],
  ])('is refused when its allow-list is %s, in either form of file', async (_what, text) => {
    for (const file of ['template.yaml', 'config.yaml']) {
      expect(await problemsOf(`command: [x]\n${text}`, file)).toEqual([
        expect.stringContaining(`${file}:2 \`allow_plugins\``),
      ]);
      rmSync(join(folder, 't'), { recursive: true });
    }
  });

  it.each([
    ['no YAML', 'a: [', /^template\.yaml:\d it is not YAML/],
    ['a list', '- a', /is not a list of `key: value` lines/],
    ['the same key twice', 'tier: 1\ntier: 2', /^template\.yaml:2 it is not YAML/],
    ['an endless alias', '&a a: *b', /it is not YAML/],
  ])('is refused when it is %s', async (_what, text, expected) => {
    expect((await problemsOf(text)).join()).toMatch(expected);
  });
});

describe('a config.yaml, the form that agents are configured with', () => {
  it('works unchanged', async () => {
    const template = await load(
      `
name: Support agent
description: Answers mail.
version: 1.2.0
tier: 2
runtime: claude-code
model: some-model
skills: [a, b]
env: { required: [IGNORED] }
runtime_config:
  required_env: [MODEL_KEY, API_KEY]
  timeout: 0
required_env:
  - API_KEY
  - name: MAIL_PASSWORD
    description: of the mailbox
plugins:
  - seo-all
  - source: local://lint
    config: { level: 3 }
`,
      'config.yaml',
    );
    expect(template).toEqual({
      file: 'config.yaml',
      description: 'Answers mail.',
      version: '1.2.0',
      tier: 2,
      agentRuntime: 'claude-code',
      requiredEnv: ['API_KEY', 'MAIL_PASSWORD', 'MODEL_KEY'],
      plugins: [
        { name: 'seo-all', source: 'local://seo-all' },
        { name: 'lint', source: 'local://lint', config: { level: 3 } },
      ],
    });
  });

  it('names a driver of ours with `runtime`, or what the agent is built on', async () => {
    expect(await load('runtime: external', 'config.yaml')).toMatchObject({ runtime: 'external' });
    const built = await load('runtime: langgraph', 'config.yaml');
    expect([built.agentRuntime, built.runtime]).toEqual(['langgraph', undefined]);
  });

  it('may say what to run', async () => {
    const { command } = await load('runtime: langgraph\ncommand: [python, ./main.py]', 'config.yaml');
    expect(command).toEqual(['python', join(folder, 't/main.py')]);
  });

  it('yields to a template.yaml beside it', async () => {
    write('t/config.yaml', 'runtime: [');
    expect((await load('command: [x]')).file).toBe('template.yaml');
  });

  it('is refused with more files than an agent needs', async () => {
    write('t/model.bin', Buffer.alloc(10 * 1024 * 1024));
    expect(await problemsOf('runtime: x', 'config.yaml')).toEqual(['t its files are more than 10 MiB']);
  });
});

describe('the templates of a folder', () => {
  it('are listed by name, the broken ones with what is wrong', async () => {
    write('b/config.yaml', 'description: Second.');
    write('a/template.yaml', 'description: First.\ntier: 7');
    write('empty/readme', '');
    expect(await open().list()).toEqual([
      { name: 'a', description: null, problem: expect.stringContaining('template.yaml:2: `tier`') },
      { name: 'b', description: 'Second.', problem: null },
    ]);
  });

  it('are named when one is asked for that is not there', async () => {
    write('b/config.yaml', '');
    write('empty/readme', '');
    for (const name of ['a', '../t', 'empty', '']) {
      await expect(open().load(name)).rejects.toMatchObject({
        code: 'TEMPLATE_NOT_FOUND',
        details: { available: ['b'] },
      });
    }
  });
});
