import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { KeepwellError } from '../errors.ts';
import { bearerToken } from './bearer-token.ts';
import { SESSION_COOKIE } from './sessions.ts';

/** A browser adds the cookie by itself, whoever asks it to: what changes something has to come from our own page. */
export const refuseCrossOrigin: onRequestHookHandler = (request, _reply, done) => {
  const isRisky =
    !isReading(request) &&
    request.cookies[SESSION_COOKIE] !== undefined &&
    bearerToken(request.headers.authorization) === null;
  done(isRisky && siteOf(request) !== 'own' ? new KeepwellError('CROSS_ORIGIN') : undefined);
};

/** For what works without a cookie too: refused where a browser says that another site asks. */
export const refuseForeign: onRequestHookHandler = (request, _reply, done) => {
  done(siteOf(request) === 'foreign' ? new KeepwellError('CROSS_ORIGIN') : undefined);
};

export const isReading = ({ method }: FastifyRequest): boolean => method === 'GET' || method === 'HEAD';

/** Where the page is from that makes a request; programs that are no browsers do not say. */
const siteOf = ({ headers }: FastifyRequest): 'own' | 'foreign' | 'unknown' => {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' ? 'own' : 'foreign';
  if (headers.origin === undefined) return 'unknown';
  const origin = URL.parse(headers.origin);
  return origin !== null && origin.host === headers.host ? 'own' : 'foreign';
};
