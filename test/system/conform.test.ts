import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { conform, idsOf, troublesOf } from './conforming.ts';
import { openNaiveServer } from './naive-server.ts';
import { ADMIN_TOKEN, createDataFolder, type Program, startProgram, stopAgents } from './program.ts';

/** What a server does wrong that writes the status with the beat and looks for it afterwards, and other usual mistakes. */
const NAIVE_FAILS = [
  // The founding bug, by each way online: plugins are installed while `provisioning`, which the beat has ended by then.
  ...[
    'first-beat',
    'register-first',
    'recovery-from-degraded',
    'recovery-from-wedged',
    'back-from-silence',
    'register-after-silence',
    'resume',
    'wake',
    'change-while-online',
    'lost-on-the-box',
    'retry',
    'unchanged-is-left-alone',
  ].map((way) => `founding/${way}`),
  ...[
    'first-beat',
    'register-first',
    'recovery-from-degraded',
    'back-from-offline',
    'resume',
    'wake',
    'late-beat',
    'retry',
    'change-while-online',
  ].map((way) => `owned/${way}`),
  // Nothing is ever offered, and every report is believed.
  'plugins/download-of-what-is-offered',
  'plugins/download-of-another-refused',
  'plugins/incomplete-report-told-so',
  'plugins/complete-report-settles',
  'plugins/report-of-a-surplus-told-so',
  'plugins/malformed-report-refused',
  'plugins/one-bad-one-costs-one',
  'plugins/undeclared-is-taken-away',
  // Declared after the answer, and not in one transaction.
  'create/in-one-transaction',
  'create/all-or-nothing',
  // A beat or a register revives whatever there is.
  'resting/paused-beats-change-nothing',
  'resting/paused-register-revives-nobody',
  'resting/hibernated-beats-change-nothing',
  'resting/hibernated-register-revives-nobody',
  'resting/survives-changes',
  'removed/beat-is-told-to-end',
  'removed/register-revives-nobody',
  'removed/operators-cannot-call-back',
  'removed/stays-removed',
  'removed/of-a-paused-one',
  // Whoever was replaced is still believed.
  'incarnation/token-of-a-replaced-one-refused',
  'incarnation/older-number-refused',
  'incarnation/stale-beat-does-not-revive',
  'incarnation/provisioning-has-an-end',
  // A no-op answers success.
  'resting/pause-twice-refused',
  'resting/resume-of-one-awake-refused',
  'resting/hibernate-twice-refused',
  'resting/wake-of-one-awake-refused',
  'resting/retry-of-nothing-refused',
  // Silence is measured on a column that every write moves.
  'beats/changes-do-not-renew',
  'beats/quiet-lease-kept',
  // Nothing is checked at the door.
  'beats/own-status-management-believed',
  'beats/wrong-types-refused',
  'beats/oversized-refused',
  'register/wrong-types-refused',
  'create/oversized-refused',
  'create/idempotency-key-repeats',
  'create/idempotency-key-for-another-refused',
  'create/shown-in-the-list',
  'spec/no-change-raises-nothing',
  'spec/if-match-other-refused',
  'spec/unknown-key-refused',
  'plugins/wrong-source-refused',
  'plugins/none-at-all-must-be-meant',
];

describe('keepwell conform', { concurrent: true, timeout: 120_000 }, () => {
  const data = createDataFolder();
  let program: Program;
  beforeAll(async () => {
    program = await startProgram({ data: data.path, env: { KEEPWELL_BEAT_INTERVAL: '300ms' } });
  });
  afterAll(async () => {
    await program.stop();
    stopAgents(data.path);
    data.remove();
  });

  it('finds that our server passes every case, generated paths and all, and keeps nothing of it', async ({
    expect,
  }) => {
    const tokenFile = join(data.path, 'token-for-conform');
    writeFileSync(tokenFile, `${ADMIN_TOKEN}\n`);
    // However busy the machine is: what passes waits for nothing.
    const patience = ['--patience', '40s', '--parallel', '16'];
    const args = ['--server', program.api.url, '--admin-token-file', tokenFile, ...patience];
    const { code, report, stderr } = await conform(args);
    expect(troublesOf(report)).toEqual([]);
    expect(stderr).toBe('');
    expect(idsOf(report, 'skipped')).toEqual([]);
    expect(report.passed).toBeGreaterThan(150);
    expect(idsOf(report, 'passed').filter((id) => id.startsWith('paths/')).length).toBeGreaterThan(40);
    expect(code).toBe(0);
    const { items } = await program.api.get('/workspaces?limit=200');
    expect(items.filter(({ status }: { status: string }) => status !== 'removed')).toEqual([]);
  });

  it('judges no server for what cannot be seen: a wrong token and an absent server are told as such', async ({
    expect,
  }) => {
    const wrong = await conform(['--server', program.api.url, '--admin-token', 'wrong']);
    expect([wrong.code, JSON.parse(wrong.stderr).code]).toEqual([1, 'UNAUTHORIZED']);
    const absent = await conform(['--server', 'http://127.0.0.1:9', '--admin-token', ADMIN_TOKEN]);
    expect([absent.code, JSON.parse(absent.stderr).code]).toEqual([4, 'UNREACHABLE']);
  });

  it('fails a naive server, whose beats write the status before anybody has read it, case by case, and in nothing else', async ({
    expect,
  }) => {
    const naive = await openNaiveServer(ADMIN_TOKEN);
    const args = ['--server', naive.url, '--parallel', '32', '--patience', '2500ms'];
    const { code, report } = await conform(args, { KEEPWELL_ADMIN_TOKEN: ADMIN_TOKEN });
    await naive.close();
    const isPath = (id: string) => id.startsWith('paths/');
    const failed = idsOf(report, 'failed');
    expect(failed.filter((id) => !isPath(id)).toSorted()).toEqual(NAIVE_FAILS.toSorted());
    // Of the generated paths it keeps to those alone on which nothing is wanted any more.
    expect(idsOf(report, 'passed').filter(isPath).toSorted()).toEqual([
      'paths/undeclare.beat-recovered',
      'paths/undeclare.beat-recovered.reconciled',
      'paths/undeclare.register',
    ]);
    expect(report.passed).toBeGreaterThan(45);
    expect(idsOf(report, 'skipped')).toEqual([]);
    expect(code).toBe(1);

    const founding = report.cases.find(({ id }) => id === 'founding/first-beat');
    expect([founding?.expected, founding?.seen]).toEqual([
      'replies that say plugins_pending within 2.5 s',
      '{"status":"online","plugins_pending":false}',
    ]);
  });
});
