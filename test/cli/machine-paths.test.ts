import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CliError } from '../../src/cli/cli-error.ts';
import { loadMachine } from '../../src/cli/machine-paths/load-machine.ts';
import { runCli } from './run-cli.ts';

const REPO = join(import.meta.dirname, '../..');

/** Within the repository, so that what is written there finds xstate and keepwell as it would in a project. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(REPO, 'test', 'cli', 'paths-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const place = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

const paths = (...args: string[]) => runCli(['machine', 'paths', ...args]);

const vitest = (file: string) => {
  const bin = join(REPO, 'node_modules/vitest/vitest.mjs');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [bin, 'run', '--root', REPO, relative(REPO, file)],
    { cwd: REPO, encoding: 'utf8', env: { PATH: process.env.PATH ?? '', NO_COLOR: '1' } },
  );
  return { passed: status === 0, output: stdout + stderr };
};

const DOOR = `import { setup } from 'xstate';
export const doorMachine = setup({ types: { events: {} as { type: 'pushed' } | { type: 'locked' } } }).createMachine({
  id: 'door',
  initial: 'closed',
  states: {
    closed: { on: { pushed: 'open', locked: 'barred' } },
    open: { after: { 5000: 'closed' } },
    barred: { type: 'final' },
  },
});
`;

describe('keepwell machine paths', () => {
  it('lists the paths of our machine as sentences and says what they cover, without a supervisor', async () => {
    const { code, lines } = await paths(
      'workspace',
      '--to',
      'online',
      '--through',
      'degraded',
      '--limit',
      'paths=3',
    );
    expect(code).toBe(0);
    expect(lines[0]).toMatch(
      /^a workspace of ours: from provisioning, .* a failing beat, .* reaches reconciling$/,
    );
    expect(lines).toHaveLength(9);
    expect(lines.find((line) => line.startsWith('transitions'))).toMatch(/ \d+ +\d+$/);
    expect(lines.at(-1)).toMatch(/^left out: \d+ beyond the first 3$/);
  });

  it('knows what may happen to both of our machines', async () => {
    const { code, stdout } = await paths('reconcile', '--strategy', 'pairs');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^pairs +9 +9$/m);
  });

  it("writes a test of a user's machine that is green, and the same to the byte when written again", async () => {
    const file = place('door.machine.ts', DOOR);
    const { code, stdout } = await paths(file, '--out', folder);
    const test = join(folder, 'door.transitions.test.ts');
    expect([code, stdout]).toEqual([0, `2 paths of door are in ${test}\n`]);
    const text = readFileSync(test, 'utf8');
    expect(text).toContain("import { doorMachine } from './door.machine.ts';");
    expect(text).toContain("it('from closed, pushed, then 5 s pass, reaches closed', () =>");
    const { passed, output } = vitest(test);
    expect(output).toContain('2 passed');
    expect(passed).toBe(true);
    await paths(file, '--out', folder);
    expect(readFileSync(test, 'utf8')).toBe(text);
  });

  it('lets that test run what is beside it in system.ts, and names the step where that goes wrong', () => {
    place(
      'system.ts',
      `export const createSystem = () => {
  let state = 'closed';
  return {
    events: {
      pushed: () => { state = 'open'; },
      locked: () => { state = 'barred'; },
      'deadline.passed{5000}': () => {},
    },
    state: () => state,
  };
};
`,
    );
    const { passed, output } = vitest(join(folder, 'door.transitions.test.ts'));
    rmSync(join(folder, 'system.ts'));
    expect(passed).toBe(false);
    expect(output).toContain('1 failed | 1 passed');
    expect(output).toContain('step 2 of 2, 5 s pass: expected closed, seen open');
  });

  it('prints JSON and mermaid, and writes them where it is told', async () => {
    const file = place('door.machine.ts', DOOR);
    const json = JSON.parse((await paths(file, '--format', 'json')).stdout);
    expect(json.paths[1].steps.map(({ name }: { name: string }) => name)).toEqual([
      'pushed',
      'deadline.passed{5000}',
    ]);
    expect(JSON.parse((await paths(file, '--json')).stdout)).toEqual(json);
    const { stdout } = await paths(file, '--format', 'mermaid');
    expect(stdout).toContain('stateDiagram-v2\n');
    expect(stdout).toContain('s1 --> s3 : pushed\n');
    const out = join(folder, 'new', 'door.mmd');
    await paths(file, '--out', out);
    expect(readFileSync(out, 'utf8')).toBe(stdout);
  });

  it('takes what may happen from my.cases.ts beside my.machine.ts, or from --cases', async () => {
    const file = place(
      'coin.machine.ts',
      `import { createMachine } from 'xstate';
export default createMachine({
  id: 'coin',
  initial: 'empty',
  states: {
    empty: { on: { paid: { guard: ({ event }) => event.coin.value >= 2, target: 'full' } } },
    full: {},
  },
});
`,
    );
    const broken = await paths(file);
    expect([broken.code, broken.stderr]).toEqual([1, expect.stringContaining('empty cannot take paid')]);
    expect(broken.stderr).toContain('hint: Give `cases`');
    const coins = `export const cases = { paid: [1, 2].map((value) => ({ event: { coin: { value } }, title: 'a coin of ' + value })) };`;
    const other = place('other.ts', coins);
    expect((await paths(file, '--cases', other)).lines[0]).toBe('from empty, a coin of 2, reaches full');
    place('coin.cases.ts', coins);
    expect((await paths(file, '--ignored')).lines.slice(0, 3)).toEqual([
      'from empty, a coin of 1, stays in empty',
      'from empty, a coin of 2, then a coin of 1, stays in full',
      'from empty, a coin of 2, then a coin of 2, stays in full',
    ]);
    // A default export is imported as one.
    expect((await paths(file, '--format', 'vitest')).stdout).toMatch(
      /^import machine from '.*coin\.machine\.ts';$/m,
    );
  });

  it('says what is wrong and what to do, with a code', async () => {
    const { code, stderr } = await paths(place('wrong.machine.ts', 'export const = 3'), '--json');
    const told = JSON.parse(stderr);
    expect([code, told.code]).toEqual([1, 'MODULE_BROKEN']);
    expect(told.error).toContain(join(folder, 'wrong.machine.ts'));
    expect(told.hint).toMatch(/^`node .*` says more\./);
  });

  it('takes the machine that --export names', async () => {
    const file = place('two.machine.ts', `${DOOR} export const otherMachine = doorMachine.provide({});`);
    const { code, stdout } = await paths(file, '--export', 'otherMachine', '--format', 'vitest');
    expect(code).toBe(0);
    expect(stdout).toContain('import { otherMachine } from');
  });

  it.each([
    [['light'], 3, 'MACHINE_NOT_FOUND'],
    [['workspace', '--to', 'onlin'], 1, 'MACHINE_STATE_UNKNOWN'],
    [['workspace', '--limit', 'paths=none'], 2, 'USAGE'],
    [['reconcile', '--format', 'text', '--out', 'x'], 2, 'USAGE'],
  ])('refuses %j with a code and a hint', async (args, exit, code) => {
    const ended = await paths(...args, '--json');
    const told = JSON.parse(ended.stderr);
    expect([ended.code, told.code]).toEqual([exit, code]);
    expect(told.hint).toMatch(/\S/);
    expect(existsSync('x')).toBe(false);
  });
});

describe('a machine that is loaded from a file', () => {
  let count = 0;
  const placeNew = (text: string, ending = 'machine.ts') => place(`m${(count += 1)}.${ending}`, text);
  const refusal = (file: string, options: { cases?: string } = {}) =>
    loadMachine(file, options).then(
      () => null,
      (error: CliError) => error,
    );

  it.each([
    ['is not there', null, 'FILE_UNREADABLE'],
    ['cannot be run', 'throw new Error("no\\nway")', 'MODULE_BROKEN'],
    ['has no machine in it', 'export const light = { id: "light" }', 'MACHINE_MISSING'],
    ['has two', `${DOOR} export const otherMachine = doorMachine.provide({});`, 'MACHINE_AMBIGUOUS'],
  ])('is refused when the file %s', async (_, text, code) => {
    const file = text === null ? join(folder, 'none.ts') : placeNew(text);
    const error = await refusal(file);
    expect(error?.code).toBe(code);
    expect(error?.message).toContain(file);
    expect(error?.message).not.toContain('\n');
    expect(error?.hint).toMatch(/\S/);
  });

  it.each([
    ['export const starts = [1];', 'starts'],
    ['export const key = "state";', 'key'],
    ['export const nothing = 1;', 'nothing of use'],
    ['export const cases = [];', 'cases'],
    ['export const outcomes = 1;', 'outcomes'],
  ])('is refused with cases like %j', async (text, word) => {
    const error = await refusal(placeNew(DOOR), { cases: placeNew(text, 'ts') });
    expect(error?.code).toBe('CASES_INVALID');
    expect(error?.message).toContain(word);
  });

  it('is imported by its path from where the test is, and by its own name', async () => {
    const file = placeNew(`${DOOR} export default doorMachine;`);
    const { importFrom } = await loadMachine(file, {});
    expect(importFrom(folder)).toEqual({ from: `./m${count}.machine.ts`, name: 'doorMachine' });
    expect(importFrom(join(folder, 'new')).from).toBe(`../m${count}.machine.ts`);
  });
});
