import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { everyNode } from '../../machines/describe/describe-machine.ts';
import { reconcileMachine } from '../../machines/reconcile/reconcile.machine.ts';
import { supervisorMachine } from '../../machines/supervisor/supervisor.machine.ts';
import { PUBLIC_STATUSES } from '../../machines/workspace/types.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';

const SOURCE = join(import.meta.dirname, '..', '..', 'src');

const textOf = (folder: string): string =>
  readdirSync(join(SOURCE, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(tsx?|css)$/.test(name))
    .map((name) => readFileSync(join(SOURCE, folder, name), 'utf8'))
    .join('\n')
    // A comment may give an example.
    .replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');

const machines = [workspaceMachine, reconcileMachine, supervisorMachine];
const states = machines.flatMap(({ root }) =>
  [...everyNode(root)].flatMap((node) => [node.key, node.path.join('.'), node.id]),
);
const events = machines.flatMap((machine) => machine.events as string[]);
/** Words of the wire format that states happen to be called too. */
const PUBLIC = new Set<string>([
  ...PUBLIC_STATUSES,
  'blocked',
  'workspace',
  'supervisor',
  'fetching',
  'resume',
  '',
]);

describe.each(['ui', 'inspect'])('src/%s', (folder) => {
  it('names no state and no event of a machine, so that a new one needs no change there', () => {
    const text = textOf(folder);
    expect(text.length).toBeGreaterThan(10_000);
    const named = [...states, ...events].filter((name) => !PUBLIC.has(name));
    expect(named.length).toBeGreaterThan(40);
    expect(
      named.filter((name) => ["'", '"', '`'].some((quote) => text.includes(`${quote}${name}${quote}`))),
    ).toEqual([]);
  });
});
