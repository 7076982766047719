import type { MomentPath } from '../supervisor/watching-api.ts';

/**
 * Writes how a workspace came to a moment as a test for vitest: its machine, led by the very events that it was told,
 * from the beginning or from the nearest state that was kept. Equal paths give equal text.
 */
export const writePathTest = ({ workspace, machine, start, steps, state, at }: MomentPath): string => {
  const name = `${machine}Machine`;
  const last = steps.at(-1)?.event ?? 'its creation';
  return `import { expect, it } from 'vitest';
import { ${name} } from 'keepwell/machines/${machine}';
import { walk } from 'keepwell/testing';

/** How ${oneLine(workspace)} came to where it was at ${new Date(at).toISOString()}. */
it(${quoted(`${workspace} is in ${state} after ${last}`)}, () => {
  const path = walk(${name}, ${indented(start)});
${steps.map(stepText).join('')}
  expect(path.state).toBe(${quoted(state)});
});
`;
};

const stepText = ({ seq, cause, to }: MomentPath['steps'][number]): string => {
  const { snapshot, ...event } = cause as { snapshot?: unknown };
  const act = snapshot === undefined ? `take(${indented(event)})` : `jump(${indented(snapshot)})`;
  return `
  // Event ${seq}.
  path.${act};
  expect(path.state).toBe(${quoted(to)});
`;
};

/** JSON is TypeScript, but for the name that would set a prototype. */
const indented = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll('"__proto__":', '["__proto__"]:').replaceAll('\n', '\n  ');

const quoted = (text: string): string => JSON.stringify(text);

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('*/', '* /');
