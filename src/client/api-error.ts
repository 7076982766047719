type Told = {
  status: number;
  code: string;
  hint?: string | null;
  details?: unknown;
  requestId?: string | null;
  retryAfterMs?: number | null;
  cause?: unknown;
};

/**
 * What a supervisor refused, in its own words, or why it could not be asked.
 *
 * `code` is for programs: one of those in `errors.md`, or, with `status` 0, `UNREACHABLE` (no connection),
 * `TIMED_OUT` (no answer in time) or what keeps a workspace from settling. `NOT_KEEPWELL` is an answer in no form of
 * ours, such as a proxy's page. `hint` says what to do next.
 */
export class KeepwellApiError extends Error {
  override readonly name = 'KeepwellApiError';
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;
  /** JSON for programs; for wrong input a list of `path` and `message`. */
  readonly details: unknown;
  /** By which the supervisor's log knows the request. */
  readonly requestId: string | null;
  /** After which asking again makes sense. */
  readonly retryAfterMs: number | null;

  constructor(
    message: string,
    { status, code, hint = null, details, requestId = null, retryAfterMs = null, cause }: Told,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.details = details;
    this.requestId = requestId;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Reads why a request was refused. */
export const refusalOf = async (response: Response): Promise<KeepwellApiError> => {
  const { status, headers } = response;
  const told: unknown = await response.json().catch(() => null);
  const shared = { status, requestId: headers.get('x-request-id'), retryAfterMs: retryAfterOf(headers) };
  if (!isProblem(told)) return notKeepwell(shared);
  const { error, code, hint = null, details } = told;
  return new KeepwellApiError(error, { ...shared, code, hint, details });
};

export const notKeepwell = (told: Omit<Told, 'code'>): KeepwellApiError =>
  new KeepwellApiError(`What answered is not Keepwell (status ${told.status}).`, {
    ...told,
    code: 'NOT_KEEPWELL',
    hint: 'Check the url, and what lies between.',
  });

type Problem = { error: string; code: string; hint?: string | null; details?: unknown };

const isProblem = (told: unknown): told is Problem =>
  typeof told === 'object' &&
  told !== null &&
  'error' in told &&
  typeof told.error === 'string' &&
  'code' in told &&
  typeof told.code === 'string';

const retryAfterOf = (headers: Headers): number | null => {
  const seconds = headers.get('retry-after');
  return seconds !== null && /^\d{1,9}$/.test(seconds) ? Number(seconds) * 1_000 : null;
};
