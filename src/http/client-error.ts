import type { Socket } from 'node:net';
import { KeepwellError } from '../errors.ts';
import { PROBLEM_TYPE, problemOf } from './problem.ts';

/** Answers what is not even HTTP, or came too slowly, and closes the connection. */
export const answerClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf(
    new KeepwellError('BAD_REQUEST', { message: SENTENCES[error.code ?? ''] ?? NOT_HTTP }),
  );
  const body = JSON.stringify(problem);
  const head = [
    'HTTP/1.1 400 Bad Request',
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ].join('\r\n');
  socket.end(`${head}\r\n\r\n${body}`);
};

const NOT_HTTP = 'The request is not valid HTTP.';
const SENTENCES: Record<string, string> = {
  HPE_HEADER_OVERFLOW: 'The headers of the request are too large.',
  ERR_HTTP_REQUEST_TIMEOUT: 'The request took too long to arrive.',
};
