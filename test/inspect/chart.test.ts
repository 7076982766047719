import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import type { Box, ChartNode, MachineChart, Point } from '../../src/inspect/chart.ts';
import { chartOf } from '../../src/inspect/chart-of.ts';
import { svgOf } from '../../src/inspect/exports/svg.ts';
import { ALL, OURS } from './machines.ts';

/** Counted without the description that charts are made of. */
const statesOf = (node: AnyStateNode): AnyStateNode[] => [
  node,
  ...Object.values(node.states).flatMap((each) => statesOf(each as AnyStateNode)),
];
const transitionIdsOf = (machine: AnyStateMachine): string[] =>
  statesOf(machine.root).flatMap((node) => {
    const path = node.path.join('.');
    return [
      ...[...node.transitions].flatMap(([event, all]) => all.map((_, index) => `${path}|${event}|${index}`)),
      ...(node.always ?? []).map((_, index) => `${path}||${index}`),
      ...(node.type === 'compound' ? [`${path}|initial|0`] : []),
      ...(node.type === 'history' ? [`${path}|history|0`] : []),
    ];
  });

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
const holds = (outer: Box, inner: Box): boolean =>
  inner.x >= outer.x - 0.2 &&
  inner.y >= outer.y - 0.2 &&
  inner.x + inner.width <= outer.x + outer.width + 0.2 &&
  inner.y + inner.height <= outer.y + outer.height + 0.2;
const isOnBorder = ({ x, y, width, height }: Box, point: Point): boolean => {
  const near = (a: number, b: number) => Math.abs(a - b) <= 0.2;
  const isBeside = point.x >= x - 0.2 && point.x <= x + width + 0.2;
  const isLevel = point.y >= y - 0.2 && point.y <= y + height + 0.2;
  return (
    ((near(point.x, x) || near(point.x, x + width)) && isLevel) ||
    ((near(point.y, y) || near(point.y, y + height)) && isBeside)
  );
};
const isWithin = (id: string, outer: string): boolean => outer === '' || `${id}.`.startsWith(`${outer}.`);
const pairs = <T>(all: readonly T[]): [T, T][] =>
  all.flatMap((one, index) => all.slice(index + 1).map((other): [T, T] => [one, other]));
const nodeOf = ({ nodes }: MachineChart, id: string | null) =>
  nodes.find((node) => node.id === id) as ChartNode;

describe.each(ALL)('the chart of %s', (_, machine) => {
  it('has every state once', async () => {
    const { nodes } = await chartOf(machine);
    const paths = statesOf(machine.root).map(({ path }) => path.join('.'));
    expect(nodes.map(({ id }) => id).sort()).toEqual(paths.filter((path) => path !== '').sort());
  });

  it('has every transition once, with a row or an arrow', async () => {
    const { edges } = await chartOf(machine);
    expect(edges.map(({ id }) => id).sort()).toEqual(transitionIdsOf(machine).sort());
    expect(edges.filter(({ points, label_at }) => points === null && label_at === null)).toEqual([]);
    expect(edges.filter(({ inside, points }) => inside !== (points === null))).toEqual([]);
  });

  it('puts states within their parents and beside all others', async () => {
    const chart = await chartOf(machine);
    const whole = { x: 0, y: 0, width: chart.width, height: chart.height };
    for (const node of chart.nodes) {
      expect(holds(node.parent === null ? whole : nodeOf(chart, node.parent), node)).toBe(true);
    }
    const strangers = pairs(chart.nodes).filter(([a, b]) => !isWithin(a.id, b.id) && !isWithin(b.id, a.id));
    expect(strangers.filter(([a, b]) => overlap(a, b)).map(([a, b]) => [a.id, b.id])).toEqual([]);
  });

  it('begins and ends its arrows at borders', async () => {
    const chart = await chartOf(machine);
    for (const { id, kind, source, target, points } of chart.edges) {
      if (points === null) continue;
      expect(isOnBorder(nodeOf(chart, target), points.at(-1) as Point), id).toBe(true);
      if (kind !== 'initial') expect(isOnBorder(nodeOf(chart, source), points[0] as Point), id).toBe(true);
      else if (source !== '')
        expect(holds(nodeOf(chart, source), { ...(points[0] as Point), width: 0, height: 0 })).toBe(true);
    }
  });

  it('puts rows into their source, over no other row and no state within', async () => {
    const chart = await chartOf(machine);
    const rows = chart.edges.flatMap(({ id, source, label_at }) =>
      label_at === null ? [] : [{ id, source, ...label_at }],
    );
    expect(
      pairs(rows)
        .filter(([a, b]) => overlap(a, b))
        .map(([a, b]) => [a.id, b.id]),
    ).toEqual([]);
    for (const row of rows) {
      if (row.source !== '') expect(holds(nodeOf(chart, row.source), row), row.id).toBe(true);
      const over = chart.nodes.filter((node) => !isWithin(row.source, node.id) && overlap(node, row));
      expect(over.map(({ id }) => id)).toEqual([]);
    }
  });

  it('is drawn with each state and each transition once', async () => {
    const svg = svgOf(await chartOf(machine));
    const drawn = (name: string) =>
      [...svg.matchAll(new RegExp(`${name}="([^"]*)"`, 'g'))].map(([, id = '']) => id);
    const escaped = (ids: string[]) =>
      ids.map((id) =>
        id.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
      );
    expect(drawn('data-edge').sort()).toEqual(escaped(transitionIdsOf(machine)).sort());
    expect(drawn('data-state')).toHaveLength(statesOf(machine.root).length - 1);
    expect(svg).not.toMatch(/href|url\(|@import|<script/);
  });
});

describe('what draws machines', () => {
  it('names no state, no event and no machine of ours', () => {
    const folder = join(import.meta.dirname, '../../src/inspect');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    const text = files
      .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, ''))
      .join('\n');
    const names = OURS.flatMap(({ id, root }) => [
      id,
      ...statesOf(root).flatMap(({ key, transitions }) => [key, ...transitions.keys()]),
    ]);
    expect(files.length).toBeGreaterThan(10);
    expect(
      [...new Set(names)].filter((name) =>
        new RegExp(`['"\`]${name.replaceAll('.', '\\.')}['"\`]`).test(text),
      ),
    ).toEqual([]);
  });

  it('gives the same chart every time', async () => {
    const [machine] = OURS as [AnyStateMachine];
    const again = await chartOf(machine.provide({}));
    expect(again).toEqual(await chartOf(machine));
  });

  it('leaves the event loop free meanwhile', async () => {
    const [machine] = OURS as [AnyStateMachine];
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 5);
    const began = performance.now();
    await chartOf(machine.provide({}));
    clearInterval(timer);
    expect(longest).toBeLessThan((performance.now() - began) / 2);
  });
});
