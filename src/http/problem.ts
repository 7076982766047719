import { describeError, type KeepwellError } from '../errors.ts';

/** What every error looks like on the wire; `application/problem+json` and our own members in one. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  error: string;
  code: string;
  hint: string;
  details?: unknown;
};

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export const problemOf = (error: KeepwellError): Problem => ({
  type: `urn:keepwell:error:${error.code}`,
  title: describeError(error.code).message,
  status: error.status,
  error: error.message,
  code: error.code,
  hint: error.hint,
  ...(error.details === undefined ? {} : { details: error.details }),
});
