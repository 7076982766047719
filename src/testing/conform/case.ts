/** One thing that the other side has to do. `World` is what the case has in hand to see whether it does. */
export type Case<World> = {
  /** Stable: `topic/what`. People filter by it. */
  id: string;
  /** The requirement as a sentence, without a full stop. */
  title: string;
  run(world: World): Promise<void>;
};

/** What became of a case. `expected` and `seen` say what was missing, or, for one that was skipped, why. */
export type Result = {
  id: string;
  title: string;
  outcome: 'passed' | 'failed' | 'skipped';
  expected: string | null;
  seen: string | null;
  ms: number;
};

/** The other side did not do what it has to. */
export class Unmet extends Error {
  readonly expected: string;
  readonly seen: string;
  constructor(expected: string, seen: unknown) {
    super(`expected ${expected}`);
    this.expected = expected;
    this.seen = asText(seen);
  }
}

/** The case says nothing about this other side; the message says why. */
export class NotApplicable extends Error {}

/** @throws {Unmet} unless `isMet` */
export function expectThat(isMet: boolean, expected: string, seen: unknown): asserts isMet {
  if (!isMet) throw new Unmet(expected, seen);
}

const LONGEST = 400;

const asText = (seen: unknown): string => {
  const text = typeof seen === 'string' ? seen : (JSON.stringify(seen) ?? 'nothing');
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
};
