import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { createDataFolder, keepwell, REPO, startProgram, stopAgents } from './program.ts';

const readme = readFileSync(join(REPO, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(([, language, text]) => ({
  language,
  text: text as string,
}));
const shellLines = blocks
  .filter(({ language }) => language === 'sh')
  .flatMap(({ text }) => text.split('\n'))
  .map((line) => line.replace(/\s+#.*$/, '').trim())
  .filter((line) => line !== '');

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanUps.splice(0).toReversed()) await clean();
});

/** What differs from run to run, made equal. */
const normal = (output: string): string[] =>
  output
    .split('\n')
    .map((line) =>
      line
        .replaceAll(/\d+(\.\d+)?s/g, 'T')
        .replaceAll(/pid \d+/g, 'pid N')
        .trim(),
    )
    .filter((line) => line !== '');

describe('the README', () => {
  it('names scripts that exist, and one command each to run and to test', () => {
    expect(shellLines).toContain('npm ci && npm start');
    expect(shellLines).toContain('npm ci && npm test');
    const scripts = [...readme.matchAll(/npm run ([\w-]+)/g)].map(([, name]) => name as string);
    for (const name of scripts) expect(Object.keys(packageJson.scripts)).toContain(name);
  });

  it('names only files that exist', () => {
    const paths = [...readme.matchAll(/`((?:src|machines|test|data)\/[\w./-]+)`/g)].map(
      ([, path]) => path as string,
    );
    for (const path of paths) expect(() => readFileSync(join(REPO, path)), path).not.toThrow(/ENOENT/);
  });

  it('shows what its first commands print, and every keepwell command in it works', async () => {
    const data = createDataFolder();
    cleanUps.push(data.remove, () => stopAgents(data.path));
    const program = await startProgram({ data: data.path, env: { KEEPWELL_BEAT_INTERVAL: '30s' } });
    cleanUps.push(program.kill9);
    const commands = shellLines
      .filter((line) => line.startsWith('npx keepwell '))
      // These need a network, files of yours or a terminal, or go on for ever.
      .filter((line) => !/github\.com|\/path\/to|logs .*-f$| top$/.test(line));
    expect(commands.length).toBeGreaterThanOrEqual(5);
    const shown = blocks.find(({ text }) => text.includes('created from template'))?.text ?? '';
    for (const line of commands) {
      const args = line.replace('npx keepwell ', '').split(' ');
      const { code, stdout, stderr } = await keepwell(data.path, args);
      expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: '' });
      if (args[0] !== 'create') continue;
      // Whether the agent registers or beats first is chance.
      const lines = (text: string) =>
        normal(text).map((one) => one.replace(/agent registered|first beat/, 'heard'));
      expect(lines(stdout).map((one) => one.split(/\s{2,}/).join(' '))).toEqual(
        lines(shown).map((one) => one.split(/\s{2,}/).join(' ')),
      );
    }
  });
});
