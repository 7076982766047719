import { describe, expect, it } from 'vitest';
import { type FleetRow, NO_FLEET, withNews } from '../../src/cli/top/fleet.ts';
import { type Look, renderScreen, shownRows } from '../../src/cli/top/screen.ts';
import { runCli } from './run-cli.ts';

const NOW = Date.parse('2026-11-25T12:00:00Z');
const moment = (secondsAway: number) => new Date(NOW + secondsAway * 1_000).toISOString();

const row = (name: string, more: Partial<FleetRow> = {}): FleetRow => ({
  id: `id-${name}`,
  name,
  status: 'online',
  state: 'wanted.online.converged',
  since: moment(-90),
  reason: null,
  last_heartbeat_at: moment(-30),
  lease_expires_at: moment(30),
  deadline: null,
  plugins: { declared: 2, installed: 2, failed: 0, held: 0 },
  incarnation: 1,
  restarts_24h: 0,
  ...more,
});

const LOOK: Look = { selected: 0, filter: '', typing: false, note: '' };
const screen = (more: object = {}) => ({
  width: 140,
  height: 12,
  style: (_style: unknown, text: string) => text,
  nowMs: NOW,
  ...more,
});
const fleetOf = (...rows: FleetRow[]) => withNews(NO_FLEET, 'fleet', { at: moment(0), rows }, NOW);

describe('the fleet that top shows', () => {
  it('is all of it first, then with what changed, who beat, and without who is gone', () => {
    const first = fleetOf(row('a'), row('b'), row('c'));
    const next = withNews(
      first,
      'changes',
      {
        at: moment(5),
        rows: [row('b', { status: 'paused' })],
        beats: [['id-a', moment(5), moment(185)]],
        removed: ['id-c'],
      },
      NOW,
    );
    expect([...next.rows.keys()]).toEqual(['id-a', 'id-b']);
    expect(next.rows.get('id-a')).toMatchObject({
      last_heartbeat_at: moment(5),
      lease_expires_at: moment(185),
    });
    expect(next.rows.get('id-b')?.status).toBe('paused');
    expect(next.aheadMs).toBe(5_000);
  });

  it('has those in trouble on top, and only what the filter lets through', () => {
    const fleet = fleetOf(
      row('b'),
      row('a'),
      row('z', { status: 'failed' }),
      row('y', { status: 'offline' }),
    );
    expect(shownRows(fleet, LOOK).map(({ name }) => name)).toEqual(['z', 'y', 'a', 'b']);
    expect(shownRows(fleet, { ...LOOK, filter: 'off' }).map(({ name }) => name)).toEqual(['y']);
  });
});

describe('the screen of top', () => {
  it('counts, says of each workspace what it does and why, and is exactly as high as the terminal', () => {
    const lines = renderScreen(
      fleetOf(
        row('web', {
          status: 'offline',
          state: 'wanted.offline',
          reason: 'Its process exited\nwith code 1.',
          deadline: { name: 'restartAt', at: moment(12) },
          plugins: { declared: 2, installed: 1, failed: 1, held: 0 },
          restarts_24h: 3,
        }),
        row('api'),
      ),
      LOOK,
      screen(),
    );
    expect(lines).toHaveLength(12);
    expect(lines[0]).toMatch(/^keepwell {2}1 offline · 1 online/);
    expect(lines[3]).toMatch(
      /^▸ {2}web +○ offline +1m 30s +30s +████░░░░ +1\/2 !1 +1 +3 +restartAt 12s +Its process exited with code 1\.$/,
    );
    expect(lines[4]).toMatch(/^ +api +● online/);
    expect(lines.at(-1)).toContain('q quit');
  });

  it('keeps the selected row in sight of ten thousand', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => row(`w${String(index).padStart(5, '0')}`));
    const lines = renderScreen(fleetOf(...many), { ...LOOK, selected: 7_000 }, screen());
    expect(lines).toHaveLength(12);
    expect(lines.find((line) => line.startsWith('▸'))).toContain('w07000');
  });

  it('says since when the connection is lost', () => {
    const lines = renderScreen({ ...fleetOf(row('a')), lostAt: NOW - 5_000 }, LOOK, screen());
    expect(lines[0]).toContain('connection lost 5s ago');
  });
});

describe('top', () => {
  it.each([
    [['top'], /needs a terminal/],
    [['top', '--json'], /`top` shows a screen/],
  ])('refuses %j, with what to use instead', async (args, message) => {
    const { code, stderr } = await runCli(['--url', 'http://127.0.0.1:9', '--token', 't', ...args]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/hint|keepwell/);
  });
});
