import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuzz } from '../fuzz/fuzz.ts';
import { createWorld, FUZZED } from '../fuzz/world.ts';
import { createDataFolder, type Program, startProgram, stopAgents } from './program.ts';
import { contradictions, replayed, replayJournal, stored } from './replay.ts';

const FOR_MS = 12_000;
const seed = Number(process.env.KEEPWELL_FUZZ_SEED ?? 20_261_126);

const data = createDataFolder();
let program: Program;

beforeAll(async () => {
  program = await startProgram({ data: data.path, env: FUZZED });
});
afterAll(async () => {
  await program.stop();
  stopAgents(data.path);
  data.remove();
});

describe('the program, asked for all that its document allows and for much that it forbids', () => {
  it(`answers as the document says, and never with a 5xx (KEEPWELL_FUZZ_SEED=${seed})`, async () => {
    const world = await createWorld(program.api);
    const tally = await fuzz({ url: program.api.url, world, seed, forMs: FOR_MS });
    const statuses = [...tally.values()].flatMap((each) => [...each.keys()]);
    expect(tally.size).toBeGreaterThan(70);
    expect(new Set(statuses)).toEqual(new Set([...statuses, 200, 201, 202, 400, 401, 404, 405, 409, 415]));
  });

  it('is alive and ready afterwards, and its journal still says how everything came to be', async () => {
    expect(await program.api.get('/readyz')).toEqual({ ready: true });
    const { items } = await program.api.get('/workspaces?limit=1000');
    expect(items.length).toBeGreaterThan(1);
    await program.stop();
    for (const { id, name } of items) {
      const steps = replayJournal(data.path, id);
      expect(contradictions(steps), name).toEqual([]);
      expect(replayed(steps), name).toEqual(stored(data.path, id));
    }
    program = await startProgram({ data: data.path, env: FUZZED });
  });
});
