import { type ErrorCode, KeepwellError } from '../errors.ts';

/** One thing that is wrong with a request, and where. `path` is dotted: `policy.offline_after`, `plugins.0.source`. */
export type Issue = { path: string; message: string };

/** Gathers everything that is wrong, so that a caller hears of all of it at once. */
export const createIssues = () => {
  const found: { issue: Issue; code: ErrorCode; cause?: KeepwellError }[] = [];
  return {
    add(path: string, message: string, code: ErrorCode = 'BAD_REQUEST') {
      found.push({ issue: { path, message }, code });
    },
    /** Runs `read`; a coded error of it becomes an issue at `path` and the answer is null. */
    attempt<T>(path: string, read: () => T): T | null {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof KeepwellError)) throw error;
        found.push({ issue: { path, message: error.message }, code: error.code, cause: error });
        return null;
      }
    },
    all: (): Issue[] => found.map(({ issue }) => issue),
    /** @throws {KeepwellError} with the code that all issues share, or `BAD_REQUEST` */
    throwIfAny() {
      const [first] = found;
      if (first === undefined) return;
      const code = found.every((each) => each.code === first.code) ? first.code : 'BAD_REQUEST';
      throw invalid(
        found.map(({ issue }) => issue),
        code,
        found.length === 1 ? first.cause : undefined,
      );
    },
  };
};

export type Issues = ReturnType<typeof createIssues>;

/** The error that says what is wrong with a request. */
export const invalid = (issues: Issue[], code: ErrorCode = 'BAD_REQUEST', cause?: KeepwellError) =>
  new KeepwellError(code, {
    message: cause?.message ?? sentence(issues),
    ...(cause === undefined ? {} : { hint: cause.hint, cause }),
    details: issues,
  });

const sentence = (issues: Issue[]): string => {
  const [first, ...others] = issues;
  const where = first === undefined || first.path === '' ? 'The request' : `\`${first.path}\``;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  return `${where} ${first?.message ?? 'is not valid'}${more}.`;
};
