import { describe, expect, it } from 'vitest';
import { runCli } from './run-cli.ts';

const WRONG: [args: string[], says: string][] = [
  [[], 'It is not said what to look at.'],
  [['--server', 'http://127.0.0.1:9', '--agent', '--', 'true'], 'It is not said what to look at.'],
  [['--agent'], 'There is no agent to start.'],
  [['--server', 'http://127.0.0.1:9', '--', 'true'], 'A server is not started, it is there already.'],
  [['--agent', '--plugin', 'local://x', '--', 'true'], 'An agent has no such option.'],
  [['--server', 'http://127.0.0.1:9', '--pulls-plugins'], 'A server pulls no plugins.'],
  [['--server', 'nowhere'], '"nowhere" is no address of a server.'],
  [
    ['--server', 'http://127.0.0.1:9', '--admin-token', 'a', '--admin-token-file', 'b'],
    'There are two admin tokens.',
  ],
  [
    ['--server', 'http://127.0.0.1:9', '--admin-token-file', '/no/such/file'],
    'The token cannot be read from',
  ],
  [['--agent', '--only', 'beets', '--', 'true'], 'No case is called beets.'],
  [['--agent', '--only', 'end', '--skip', 'end', '--', 'true'], 'No case is left to run.'],
  [['--agent', '--parallel', '0', '--', 'true'], 'must be a whole number'],
];

describe('keepwell conform', { concurrent: true }, () => {
  it.for(WRONG)('says what is wrong with %j, and what to do', async ([args, says], { expect }) => {
    const { code, stderr, stdout } = await runCli(['conform', ...args]);
    expect(stderr).toContain(says);
    expect(stderr).toContain('hint: ');
    expect([code, stdout]).toEqual([2, '']);
  });

  it('lists its cases without running any', async ({ expect }) => {
    const { code, lines } = await runCli(['conform', '--agent', '--list', '--only', 'end']);
    expect([code, lines.map((line) => line.split(/\s+/)[0])]).toEqual([
      0,
      ['ID', 'end/sigterm-ends-it', 'end/sigterm-while-the-server-is-away'],
    ]);
  });

  it('says of a command that is none that it could not be started', async ({ expect }) => {
    const args = ['--agent', '--only', 'beats/first-in-time', '--patience', '300ms', '--', '/no/such/agent'];
    const { code, lines } = await runCli(['conform', ...args]);
    expect(code).toBe(1);
    expect(lines[0]).toBe('✗ beats/first-in-time  The first beat comes soon after the start');
    expect(lines[1]).toBe('    expected: 1 beats within 0.3 s');
    expect(lines[2]).toContain('it could not be started: spawn /no/such/agent ENOENT');
  });
});

it('is among the commands', async () => {
  expect((await runCli(['--help'])).stdout).toContain('conform');
});
