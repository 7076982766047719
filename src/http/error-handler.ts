import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { type ErrorCode, KeepwellError } from '../errors.ts';
import { PROBLEM_TYPE, problemOf } from './problem.ts';

/** Seconds after which asking again makes sense. */
const RETRY_AFTER: Partial<Record<number, number>> = { 429: 10, 503: 2 };

/** What Fastify itself refuses, in our words. */
const FRAMEWORK_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'BAD_REQUEST',
  FST_ERR_BAD_URL: 'BAD_REQUEST',
  FST_ERR_MAX_PARAM_LENGTH: 'ROUTE_NOT_FOUND',
  FST_STATIC_FORBIDDEN_PATH: 'ROUTE_NOT_FOUND',
};

/** Answers every error in the one form. What was not foreseen is logged in full and told to nobody. */
export const createErrorHandler =
  (logger: Logger | false) =>
  (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const known = knownError(error);
    if (logger !== false && known.status >= 500) {
      const level = known.code === 'INTERNAL' ? 'error' : 'warn';
      logger[level](
        { requestId: request.id, method: request.method, url: request.url, err: error },
        known.message,
      );
    }
    const after = retryAfterOf(known);
    if (after !== undefined && !reply.hasHeader('retry-after')) reply.header('retry-after', after);
    if (known.status === 401) reply.header('www-authenticate', 'Bearer realm="keepwell"');
    reply
      .code(known.status)
      .header('x-request-id', request.id)
      .header('content-type', PROBLEM_TYPE)
      .serializer(JSON.stringify)
      .send(problemOf(known));
  };

const retryAfterOf = ({ status, details }: KeepwellError): number | undefined => {
  const { retry_after_seconds: said } = (details ?? {}) as { retry_after_seconds?: number };
  return said ?? RETRY_AFTER[status];
};

const knownError = (error: unknown): KeepwellError => {
  if (error instanceof KeepwellError) return error;
  const { code = '', statusCode = 500 } = (error ?? {}) as { code?: string; statusCode?: number };
  const known = FRAMEWORK_CODES[code];
  if (known !== undefined) return new KeepwellError(known);
  // A library that refuses what a request asks for, such as a file's `If-Match` or `Range`, does not fail.
  return new KeepwellError(statusCode >= 400 && statusCode < 500 ? 'BAD_REQUEST' : 'INTERNAL');
};
