import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';

const README = join(import.meta.dirname, '../../../src/testing/README.md');
const EXAMPLE = join(import.meta.dirname, `example-${process.pid}.ts`);

afterEach(() => rmSync(EXAMPLE, { force: true }));

it('the example of the testing kit runs as it is and prints what it says', () => {
  const [, code = ''] = /```ts\n(.*?)```/s.exec(readFileSync(README, 'utf8')) ?? [];
  writeFileSync(EXAMPLE, code);
  const { stdout, stderr, status } = spawnSync(process.execPath, [EXAMPLE], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  const promised = code.split('\n').filter((line) => line.startsWith('// '));
  expect(promised.length).toBeGreaterThan(0);
  expect(stdout).toBe(promised.map((line) => `${line.slice('// '.length)}\n`).join(''));
});
