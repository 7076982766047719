import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type InProcess, openInProcess } from '../system/in-process.ts';

const DASHBOARD = join(import.meta.dirname, '..', '..', 'data', 'grafana', 'keepwell.json');

/** What Node tells of itself that nobody who operates a supervisor looks at every day. */
const LEFT_OUT = [
  'process_cpu_user_seconds_total',
  'process_cpu_system_seconds_total',
  'process_virtual_memory_bytes',
  'process_heap_bytes',
  'nodejs_eventloop_lag_seconds',
  'nodejs_eventloop_lag_min_seconds',
  'nodejs_eventloop_lag_max_seconds',
  'nodejs_eventloop_lag_mean_seconds',
  'nodejs_eventloop_lag_stddev_seconds',
  'nodejs_eventloop_lag_p50_seconds',
  'nodejs_eventloop_lag_p90_seconds',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_active_resources',
  'nodejs_active_resources_total',
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_heap_size_total_bytes',
  'nodejs_external_memory_bytes',
  'nodejs_heap_space_size_total_bytes',
  'nodejs_heap_space_size_used_bytes',
  'nodejs_heap_space_size_available_bytes',
  'nodejs_version_info',
];

let keepwell: InProcess;
let offered: Set<string>;
beforeAll(async () => {
  keepwell = await openInProcess();
  const text = String(await keepwell.api.get('/metrics'));
  offered = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name as string));
});
afterAll(() => keepwell.close());

/** The names that the dashboard asks for, as the program calls them: a histogram is asked for by its parts. */
const asked = (): Set<string> => {
  const { panels, templating } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as {
    panels: { targets: { expr: string }[] }[];
    templating: { list: { query: string }[] };
  };
  const queries = [
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...templating.list.map(({ query }) => query),
  ];
  const names = queries.flatMap((query) => query.match(/\b(keepwell|process|nodejs)_\w+/g) ?? []);
  return new Set(names.map((name) => (offered.has(name) ? name : name.replace(/_(bucket|count|sum)$/, ''))));
};

describe('the Grafana dashboard', () => {
  it('asks only for metrics that the program has', () => {
    expect(asked().size).toBeGreaterThan(15);
    expect([...asked()].filter((name) => !offered.has(name))).toEqual([]);
  });

  it('shows every metric of the program but those that are left out on purpose', () => {
    const missing = [...offered].filter((name) => !asked().has(name) && !LEFT_OUT.includes(name));
    expect(missing).toEqual([]);
    expect(LEFT_OUT.filter((name) => asked().has(name))).toEqual([]);
  });

  it('has a title, a unit and a sentence for each panel, and no panel over another', () => {
    const { panels } = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as {
      panels: {
        title: string;
        description: string;
        fieldConfig: { defaults: { unit: string } };
        gridPos: { x: number; y: number; w: number; h: number };
      }[];
    };
    const taken = new Set<string>();
    for (const { title, description, fieldConfig, gridPos } of panels) {
      expect([title, description, fieldConfig.defaults.unit].every((text) => text.length > 0)).toBe(true);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x},${y}`), `${title} lies over another panel`).toBe(false);
          taken.add(`${x},${y}`);
        }
    }
  });
});
