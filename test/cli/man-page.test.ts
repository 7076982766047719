import { spawnSync } from 'node:child_process';
import { env } from 'node:process';
import { describe, expect, it } from 'vitest';
import { commandTree } from '../../src/cli/completion/command-tree.ts';
import { manPage } from '../../src/cli/man-page.ts';
import { createProgram } from '../../src/cli/program.ts';
import { runCli } from './run-cli.ts';

const render = (page: string) => {
  const { status, stdout, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-P-cbou', '-rLL=100n'], {
    input: page,
    encoding: 'utf8',
  });
  return { status, stderr, text: stdout.replaceAll(/\s+/g, ' ') };
};
const reason =
  env.CI === 'true' || spawnSync('groff', ['--version']).error === undefined
    ? null
    : 'there is no groff here';
if (reason !== null) console.log(`the man page is not rendered: ${reason}`);

describe('the man page', () => {
  it.skipIf(reason !== null)('is rendered without a warning, and warns where it is wrong', async () => {
    const { code, stdout } = await runCli(['man']);
    expect(code).toBe(0);
    expect(render(stdout)).toMatchObject({ status: 0, stderr: '' });
    expect(render(`${stdout}\n.nonsense\n`).stderr).toContain('nonsense');
  });

  it.skipIf(reason !== null)('has every command and every option that --help shows, as it is written', () => {
    const program = createProgram();
    const { text } = render(manPage(program, '1.2.3'));
    const tree = commandTree(program).filter(({ path }) => !path.endsWith(' help'));
    expect(tree.length).toBeGreaterThan(50);
    const missing = tree.flatMap(({ path, options }) => [
      ...(text.includes(path) ? [] : [path]),
      ...options
        .filter(({ long, does }) => long !== '--help' && !(text.includes(long) && text.includes(does)))
        .map(({ long }) => `${path} ${long}`),
    ]);
    expect(missing).toEqual([]);
    expect(text).toContain('keepwell 1.2.3');
    // What is said after the help of a command, quotes, dashes and all.
    expect(text).toContain('eval "$(keepwell completion zsh)", after compinit');
    expect(text).toContain('130 interrupted');
  });
});
