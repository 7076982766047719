/** One place of one file, as it is and as it would be wrong. `find` occurs in the file exactly once. */
export type Edit = { file: string; find: string; replace: string };

/** A way in which the program could be wrong, made by a few edits. */
export type Defect = {
  /** Kebab-case, and for good: it is what one asks for on the command line. */
  id: string;
  /** What the wrong program does, in one sentence. */
  title: string;
  /** Why it is in the list: what it once cost, or what would seem to be all right. */
  history?: string;
  edits: readonly Edit[];
};

/**
 * A defect with a test that fails because of it. `title` is that of the test alone, as it is written in `file`, or in
 * `contract` where `file` only has it run.
 */
export type CaughtDefect = Defect & { caughtBy: { file: string; title: string; contract?: string } };
