import { runPath } from './run-path.ts';
import type { Step, System } from './types.ts';

/** What happens on written paths, by title; a title that is used for two events has a number behind it. */
export type WrittenCases = Record<
  string,
  { name: string; event: { type: string } & Record<string, unknown> }
>;
export type WrittenStep = readonly [title: string, to: string];

/**
 * Leads systems along paths as generated tests write them: where they begin, then what happens and where it leads.
 *
 * @param create Makes the system under test, a new one for each path
 */
export const createFollow =
  (create: () => System, cases: WrittenCases) =>
  /** @throws {PathFailure} */
  async (input: unknown, from: string, written: readonly WrittenStep[]): Promise<void> => {
    let at = from;
    const steps = written.map(([title, to]): Step => {
      const one = cases[title];
      if (one === undefined) throw new Error(`nothing is written about "${title}"`);
      const step = { ...one, title, from: at, to, edges: [], moved: at !== to };
      at = to;
      return step;
    });
    const title = `from ${from}, ${written.map(([each]) => each).join(', then ')}, to ${at}`;
    await runPath({ title, start: { input }, from, startEdges: [], steps, to: at }, create());
  };
