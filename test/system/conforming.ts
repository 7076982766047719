/** Runs `keepwell conform` as people do, and gives its report. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from '../../src/testing/conform/case.ts';
import { REPO } from './program.ts';

const CLI = join(REPO, 'src', 'cli', 'keepwell.ts');

export type Report = { passed: number; failed: number; skipped: number; cases: Result[] };

export const idsOf = ({ cases }: Report, outcome: Result['outcome']): string[] =>
  cases.filter((each) => each.outcome === outcome).map(({ id }) => id);

/** Ends with what failed, so that a test that expected nothing of the kind says what it was. */
export const conform = async (
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; report: Report; stdout: string; stderr: string }> => {
  const data = mkdtempSync(join(tmpdir(), 'keepwell-no-data-'));
  const child = spawn(process.execPath, [CLI, 'conform', '--json', ...args], {
    env: { PATH: process.env.PATH ?? '', KEEPWELL_DATA: data, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  rmSync(data, { recursive: true, force: true });
  const report = stdout.startsWith('{')
    ? (JSON.parse(stdout) as Report)
    : { passed: 0, failed: 0, skipped: 0, cases: [] };
  return { code, report, stdout, stderr };
};

/** What a report says of everything that did not pass. */
export const troublesOf = ({ cases }: Report): object[] =>
  cases
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ id, expected, seen }) => ({ id, expected, seen }));
