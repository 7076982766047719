import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCli } from './run-cli.ts';

const simulate = (...args: string[]) => runCli(['simulate', ...args]);
const SMALL = ['--workspaces', '2', '--hours', '1', '--seed', '4'];

const file = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), 'keepwell-story-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'story.json');
  writeFileSync(path, text);
  return path;
};

describe('keepwell simulate', () => {
  it('lives through some hours without a server, and says what it did and what it was held against', async () => {
    const { code, stdout } = await simulate(...SMALL);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1 simulated hours in [\d.]+ s: [\d.]+ hours per second\.$/m);
    expect(stdout).toMatch(/^Held against \d+ invariants: .*massSilenceIsHeld \(7\)/m);
    expect(stdout).toMatch(/None was broken\.\n$/);
  });

  it('prints every action and transition with --steps, and goes without what --only leaves out', async () => {
    const { lines } = await simulate(...SMALL, '--steps', '--only', '1');
    expect(lines.filter((line) => /^[\d:.]+ {2}\d+\./.test(line))).toEqual([
      expect.stringMatching(/ {2}1\. an operator creates w\d/),
    ]);
    expect(lines).toContainEqual(
      expect.stringMatching(/ {4}w\d wanted.provisioning → wanted.online.reconciling/),
    );
  });

  it('runs many seeds, and gives all of it as a document', async () => {
    const { code, stdout } = await simulate('--workspaces', '1', '--hours', '1', '--seeds', '3..5', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ seeds: 3, brokenSeeds: [], story: null });
  });

  it('makes only the faults happen that are named, and none for none', async () => {
    const performed = async (faults: string): Promise<string[]> => {
      const { stdout } = await simulate(...SMALL, '--faults', faults, '--json');
      return Object.keys((JSON.parse(stdout) as { performed: object }).performed);
    };
    const [some, none] = [await performed('crash,stall'), await performed('none')];
    expect(some.filter((kind) => !none.includes(kind)).toSorted()).toEqual(['crash', 'stall']);
    expect(none).toContain('create');
  });

  it('lives a story again that --json wrote', async () => {
    const story = { seed: 4, workspaces: 2, hours: 1, faults: [], only: [1] };
    const { code, stdout } = await simulate('--story', file(JSON.stringify({ story })), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ seeds: 1, performed: { create: 1 } });
  });

  it.each([
    ['a fault that there is not', ['--faults', 'crush'], /no fault crush[^]*Did you mean crash/],
    ['a number that is none', ['--hours', 'many'], /--hours is a whole number from 1 on, not many/],
    ['a range that is none', ['--seeds', '9..1'], /no range of seeds[^]*--seeds 1\.\.200/],
    ['a story that is not there', ['--story', 'nowhere.json'], /nowhere\.json cannot be read/],
  ])('refuses %s, and says what would be right', async (_, args, words) => {
    const { code, stderr } = await simulate(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(words);
  });

  it('refuses a file without a story', async () => {
    const { code, stderr } = await simulate('--story', file('{"story":null}'));
    expect([code, stderr]).toEqual([2, expect.stringMatching(/There is no story in/)]);
  });
});
