import { describe, expect, it } from 'vitest';
import { countStatuses, selectRows } from '../../src/ui/fleet/select-rows.ts';
import type { FleetRow } from '../../src/ui/wire.ts';

const workspace = (name: string, changes: Partial<FleetRow> = {}): FleetRow => ({
  id: name,
  name,
  role: null,
  runtime: 'process',
  template: null,
  status: 'online',
  state: 'wanted.online.converged',
  since: '2026-03-01T03:12:40.000Z',
  reason: null,
  last_heartbeat_at: null,
  lease_expires_at: null,
  deadline: null,
  plugins: { declared: 0, installed: 0, failed: 0, held: 0 },
  incarnation: 1,
  restarts: 0,
  restarts_24h: 0,
  generation: 1,
  ...changes,
});

const FLEET = [
  workspace('well'),
  workspace('broken', { status: 'failed', reason: 'It crashed three times.' }),
  workspace('asleep', { status: 'hibernated', role: 'SEO writer' }),
  workspace('half', { plugins: { declared: 2, installed: 1, failed: 1, held: 0 } }),
  workspace('also-well'),
];
const ALL = { statuses: new Set<string>(), search: '', order: 'urgency' as const };
const names = (rows: FleetRow[]): string[] => rows.map(({ name }) => name);

describe('the rows of the fleet', () => {
  it('begin with whom a person should look at first', () => {
    expect(names(selectRows(FLEET, ALL))).toEqual(['broken', 'half', 'also-well', 'well', 'asleep']);
  });

  it('can be had by name', () => {
    expect(names(selectRows(FLEET, { ...ALL, order: 'name' }))).toEqual([
      'also-well',
      'asleep',
      'broken',
      'half',
      'well',
    ]);
  });

  it('are those with one of the chosen statuses', () => {
    expect(names(selectRows(FLEET, { ...ALL, statuses: new Set(['failed', 'hibernated']) }))).toEqual([
      'broken',
      'asleep',
    ]);
  });

  it('are those in which every word is found, wherever it stands', () => {
    expect(names(selectRows(FLEET, { ...ALL, search: 'writer ASLEEP' }))).toEqual(['asleep']);
    expect(names(selectRows(FLEET, { ...ALL, search: 'crashed' }))).toEqual(['broken']);
    expect(names(selectRows(FLEET, { ...ALL, search: 'crashed writer' }))).toEqual([]);
  });

  it('show a status that nobody has heard of, after those that need somebody', () => {
    const fleet = [...FLEET, workspace('new', { status: 'contemplating' })];
    expect(names(selectRows(fleet, ALL))).toEqual(['broken', 'half', 'new', 'also-well', 'well', 'asleep']);
  });
});

describe('the counts by status', () => {
  it('count everybody, the most urgent status first', () => {
    expect(countStatuses(FLEET)).toEqual([
      ['failed', 1],
      ['online', 3],
      ['hibernated', 1],
    ]);
  });
});
