import { join } from 'node:path';
import { describe, it } from 'vitest';
import { conform, idsOf, troublesOf } from './conforming.ts';
import { REPO } from './program.ts';

const NODE = process.execPath;
const KEEPWELL = join(REPO, 'src', 'cli', 'keepwell.ts');
const PLUGIN_CASES_OF_ONE_THAT_PULLS_NONE = 6;

describe('agents of ours', { concurrent: true, timeout: 120_000 }, () => {
  it('that is keepwell agent beside a command that knows nothing, pass every case', async ({ expect }) => {
    const command = [NODE, KEEPWELL, 'agent', '--', '/bin/sleep', '600'];
    const { code, report } = await conform(['--agent', '--parallel', '16', '--', ...command]);
    expect(troublesOf(report)).toEqual([]);
    // It has a token, and then registers nothing.
    expect(idsOf(report, 'skipped').filter((id) => !id.startsWith('pulling/'))).toEqual([
      'register/says-who-it-is',
      'register/failure-does-not-silence',
    ]);
    expect(code).toBe(0);
  });

  it('that is the same elsewhere, fetches its plugins as it should', async ({ expect }) => {
    const command = [NODE, KEEPWELL, 'agent', '--', '/bin/sleep', '600'];
    const args = ['--agent', '--pulls-plugins', '--only', 'pulling', '--parallel', '3', '--', ...command];
    const { code, report } = await conform(args);
    expect(troublesOf(report)).toEqual([]);
    expect([code, report.passed]).toEqual([0, PLUGIN_CASES_OF_ONE_THAT_PULLS_NONE]);
  });

  it('that is the sample of the template, pass every case', async ({ expect }) => {
    const command = [NODE, join(REPO, 'data', 'templates', 'seo-agent', 'agent.mjs')];
    const { code, report } = await conform(['--agent', '--parallel', '16', '--', ...command]);
    expect(troublesOf(report)).toEqual([]);
    expect(report.skipped).toBe(PLUGIN_CASES_OF_ONE_THAT_PULLS_NONE);
    expect(code).toBe(0);
  });
});

/** A dozen lines of shell: beats as often as it is told, and ends when it is told to. */
const SHELL_AGENT = `
while :; do
  reply=$(curl -s -m 5 -w ' status=%{http_code}' -H "authorization: Bearer $KEEPWELL_TOKEN" \\
    -H 'content-type: application/json' -d "{\\"workspace_id\\":\\"$KEEPWELL_WORKSPACE_ID\\"}" \\
    "$KEEPWELL_URL/registry/heartbeat")
  case "$reply" in *status=409|*status=410|*status=404) exit 0;; esac
  interval=$(printf %s "$reply" | sed -n 's/.*"interval_seconds":\\([1-9][0-9.]*\\).*/\\1/p')
  sleep "\${interval:-2}"
done`;

/** Beats, with one thing that is wrong. */
const wrongAgent = (fault: string): string[] => [
  NODE,
  '-e',
  `
const { KEEPWELL_URL: url, KEEPWELL_WORKSPACE_ID: workspace_id, KEEPWELL_TOKEN: token } = process.env;
const fault = ${JSON.stringify(fault)};
if (fault === 'ignores-sigterm') process.on('SIGTERM', () => {});
const headers = {
  'content-type': 'application/json',
  ...(fault === 'no-token' ? {} : { authorization: 'Bearer ' + token }),
};
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
for (;;) {
  const body = { workspace_id, error_rate: fault === 'wrong-types' ? 'none' : 0 };
  let response = null;
  try {
    response = await fetch(url + '/registry/heartbeat', { method: 'POST', headers, body: JSON.stringify(body) });
  } catch (error) {
    if (fault === 'dies-of-absence') throw error;
  }
  if (fault === 'ends-at-503' && response?.status === 503) process.exit(1);
  const ends = response?.status === 409 || response?.status === 404 || response?.status === 410;
  if (ends && fault !== 'never-ends') process.exit(0);
  if (response?.status === 429 && fault !== 'ignores-retry-after') {
    await wait(Number(response.headers.get('retry-after')) * 1000);
    continue;
  }
  const interval = (await response?.json().catch(() => null))?.interval_seconds;
  if (fault === 'hammers' && interval === undefined) continue;
  await wait(fault === 'own-interval' ? 300 : (interval || 1) * 1000);
}`,
];

/** What every one of them does well, but for its own fault. */
const WATCHED = ['beats/token-sent', 'refused/410-ends', 'end/sigterm-ends-it'];
/** Each fault, the cases that it costs, and others that come near it. */
const FAULTS: { fault: string; costs: string[]; not?: string[] }[] = [
  { fault: 'no-token', costs: ['beats/token-sent'] },
  { fault: 'wrong-types', costs: ['beats/body-valid'], not: ['beats/first-in-time'] },
  { fault: 'own-interval', costs: ['beats/interval-obeyed'], not: ['beats/body-valid'] },
  { fault: 'never-ends', costs: ['refused/409-stale-stands-down', 'refused/410-ends'] },
  { fault: 'ignores-retry-after', costs: ['refused/429-waits-as-told'], not: ['trouble/5xx-survived'] },
  { fault: 'hammers', costs: ['trouble/5xx-survived'], not: ['trouble/absence-survived'] },
  { fault: 'ends-at-503', costs: ['trouble/5xx-survived'], not: ['refused/429-waits-as-told'] },
  { fault: 'dies-of-absence', costs: ['trouble/absence-survived'], not: ['trouble/5xx-survived'] },
  { fault: 'ignores-sigterm', costs: ['end/sigterm-ends-it'], not: ['refused/409-stale-stands-down'] },
];

describe('agents of others', { concurrent: true, timeout: 120_000 }, () => {
  it('written in shell with curl, pass what is basic', async ({ expect }) => {
    const only = [
      'beats',
      'start',
      'refused/409*,refused/410*,refused/404*',
      'trouble/5xx*,trouble/absence*',
      'end',
    ];
    const chosen = only.flatMap((ids) => ['--only', ids]);
    const args = ['--agent', ...chosen, '--parallel', '12', '--', '/bin/sh', '-c', SHELL_AGENT];
    const { code, report } = await conform(args);
    expect(troublesOf(report)).toEqual([]);
    expect(idsOf(report, 'skipped')).toEqual(['beats/uptime-rises']);
    expect(code).toBe(0);
  });

  it('and small, pass all that the wrong ones below are watched for', async ({ expect }) => {
    const ids = [...new Set([...WATCHED, ...FAULTS.flatMap(({ costs, not = [] }) => [...costs, ...not])])];
    const args = ['--agent', '--only', ids.join(), '--parallel', '12', '--', ...wrongAgent('none')];
    const { code, report } = await conform(args);
    expect(troublesOf(report)).toEqual([]);
    expect([code, report.passed]).toEqual([0, ids.length]);
  });

  it.for(FAULTS)(
    'that are wrong in one thing ($fault) fail what that costs',
    async ({ fault, costs, not = [] }, { expect }) => {
      const ids = [...new Set([...WATCHED, ...costs, ...not])];
      const args = ['--agent', '--only', ids.join(), '--patience', '6s', '--', ...wrongAgent(fault)];
      const { code, report } = await conform(args);
      expect(idsOf(report, 'failed').toSorted()).toEqual(costs.toSorted());
      expect([code, report.passed]).toEqual([1, ids.length - costs.length]);
    },
  );
});
