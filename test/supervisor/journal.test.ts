import { describe, expect, it } from 'vitest';
import { leafOf } from '../../machines/walk.ts';
import { type Bench, openBench } from './bench.ts';

const storedStateOf = (bench: Bench, id: string): unknown => {
  const [row] = bench.store.load().filter(({ workspaceId }) => workspaceId === id);
  return leafOf((JSON.parse(row?.rawSnapshot ?? '') as { value: unknown }).value);
};

describe('the journal of a workspace', () => {
  it('is one unbroken way from its creation to the state that is stored', async () => {
    const bench = await openBench();
    const id = await bench.online({ plugins: [{ name: 'tool', source: 'local://tool' }] });
    await bench.act(id, 'pause');
    await bench.act(id, 'resume');
    await bench.settle(id);
    bench.instances.exit(id);
    await bench.calm();
    await bench.beat(id).catch(() => undefined);

    const transitions = bench.journal(id).filter(({ kind }) => kind === 'transition');
    expect(transitions[0]).toMatchObject({ event: 'workspace.created', from: null });
    for (const [index, { from }] of transitions.slice(1).entries()) expect(from).toBe(transitions[index]?.to);
    expect(transitions.at(-1)?.to).toBe(storedStateOf(bench, id));
    expect(new Set(transitions.map(({ to }) => to)).size).toBeGreaterThan(5);
  });

  it('has a row for each change, also where the state stays the same', async () => {
    const bench = await openBench();
    const id = await bench.create();
    const before = bench.journal(id).length;
    await bench.act(id, 'restart');
    expect(bench.journal(id).slice(before)).toMatchObject([
      { event: 'operator.restarted', from: 'wanted.provisioning', to: 'wanted.provisioning' },
    ]);
  });
});
