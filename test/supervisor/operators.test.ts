import { describe, expect, it } from 'vitest';
import { openBench } from './bench.ts';

describe('what an operator asks for', () => {
  it('is refused where the state has no answer to it, says what is possible, and leaves no trace', async () => {
    const bench = await openBench();
    const id = await bench.online();
    const rows = bench.journal(id).length;
    for (const verb of ['resume', 'wake'] as const) {
      await expect(bench.supervisor.act(id, verb)).rejects.toMatchObject({
        code: 'STATE_CONFLICT',
        details: { status: 'online', possible: expect.arrayContaining(['pause', 'restart']) },
      });
    }
    await bench.act(id, 'pause');
    await expect(bench.supervisor.act(id, 'pause')).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    const paused = bench.journal(id).length;
    expect(paused).toBeGreaterThan(rows);
    await expect(bench.supervisor.act(id, 'restart')).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    expect(bench.journal(id)).toHaveLength(paused);
  });
});

describe('a change of the spec', () => {
  it('for a generation that has passed is refused, and changes nothing', async () => {
    const bench = await openBench();
    const id = await bench.online();
    const first = bench.view(id).spec;
    await bench.supervisor.change(id, { ...first, role: 'second' }, 1);
    for (const generation of [1, 3]) {
      await expect(
        bench.supervisor.change(id, { ...first, role: 'third' }, generation),
      ).rejects.toMatchObject({
        code: 'GENERATION_CONFLICT',
        details: { expected: generation, current: 2 },
      });
    }
    expect(bench.view(id)).toMatchObject({ generation: 2, spec: { role: 'second' } });
    await bench.supervisor.change(id, { ...first, role: 'third' }, 2);
    expect(bench.view(id)).toMatchObject({ generation: 3, spec: { role: 'third' } });
  });
});
