import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../../src/testing/paths/built-in.ts';
import { coverage } from '../../../src/testing/paths/coverage.ts';
import { generatePaths } from '../../../src/testing/paths/generate-paths.ts';

const MACHINES = join(import.meta.dirname, '..', '..', '..', 'machines');

describe('the machines whose paths are known by name', () => {
  it('are all that there are, each by the name and from the module that a test imports', async () => {
    const files = readdirSync(MACHINES, { recursive: true, encoding: 'utf8' });
    const names = files.flatMap((file) => /([^/]+)\.machine\.ts$/.exec(file)?.[1] ?? []);
    expect(Object.keys(BUILT_IN).toSorted()).toEqual(names.toSorted());
    for (const [key, { machine, from, name }] of Object.entries(BUILT_IN)) {
      expect(machine.id).toBe(key);
      const exported = (await import(import.meta.resolve(from))) as Record<string, unknown>;
      expect(exported[name]).toBe(machine);
    }
  });

  it.each(Object.entries(BUILT_IN))(
    '%s is led over every transition that it has',
    (_, { machine, world }) => {
      const paths = generatePaths(machine, { ...world, strategy: 'transitions' });
      const { states, transitions } = coverage(paths.paths, machine);
      expect(paths.cut).toEqual([]);
      for (const { covered, all } of [states, transitions]) {
        expect([...all].filter((each) => !covered.has(each))).toEqual([]);
      }
    },
  );
});
