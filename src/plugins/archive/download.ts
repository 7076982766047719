import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { KeepwellError } from '../../errors.ts';
import { gitTokenName } from '../../git-token-name.ts';
import { isPublic, type Lookup, lookUpHost } from '../net/public-address.ts';

export type DownloadOptions = {
  mostBytes: number;
  allowPrivateAddresses: boolean;
  /** The token for a host; sent to that host alone. */
  tokenFor: (host: string) => string | null;
  lookup?: Lookup | undefined;
  signal: AbortSignal;
};

const MOST_REDIRECTS = 5;

/**
 * Downloads an address into a new file and returns the SHA-256 of its bytes.
 *
 * Every address on the way is looked up, checked and connected to as it was checked; https never leads to http.
 * Whoever calls removes `file` when this rejects.
 *
 * @throws {KeepwellError} `PLUGIN_SOURCE_REFUSED`, `PLUGIN_NOT_FOUND`, `PLUGIN_FETCH_FAILED`, `PLUGIN_TOO_LARGE`
 */
export const download = async (address: string, file: string, options: DownloadOptions): Promise<string> => {
  let url = new URL(address);
  const first = url.host;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const response = await ask(url, {
      ...options,
      token: url.host === first ? options.tokenFor(first) : null,
    });
    const next = redirectOf(response, url);
    if (next === null) {
      checkStatus(response, url.host);
      return await keep(response, file, options);
    }
    response.destroy();
    if (url.protocol === 'https:' && next.protocol !== 'https:') {
      throw new KeepwellError('PLUGIN_SOURCE_REFUSED', {
        message: 'The source redirects from https to something else.',
        hint: 'Declare the address that it redirects to.',
      });
    }
    url = next;
  }
  throw failed(`The source redirects more than ${MOST_REDIRECTS} times.`);
};

const ask = async (
  url: URL,
  { allowPrivateAddresses, token, lookup, signal }: DownloadOptions & { token: string | null },
): Promise<IncomingMessage> => {
  const isSecure = url.protocol === 'https:';
  if (!isSecure && (url.protocol !== 'http:' || !allowPrivateAddresses)) {
    throw new KeepwellError('PLUGIN_SOURCE_REFUSED', {
      message: 'Archives come over https.',
      hint: 'http is accepted where `plugin_allow_private` is set.',
    });
  }
  const { name, addresses } = await lookUpHost(url.host, {
    usualPort: isSecure ? 443 : 80,
    allowPrivate: allowPrivateAddresses,
    ...(lookup === undefined ? {} : { lookup }),
  });
  // Nobody can read a token off the wire, nor change what comes: http is for the network at home.
  if (!isSecure && addresses.some(isPublic)) {
    throw new KeepwellError('PLUGIN_SOURCE_REFUSED', {
      message: 'Archives come over https, but for those at private addresses.',
      hint: 'Declare the address with https.',
    });
  }
  const [pinned = name] = addresses;
  const send = isSecure ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      {
        signal,
        agent: false,
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
        // What was checked is what is connected to, whatever the name means a moment later.
        lookup: (_host, { all }, done) => {
          const family = isIP(pinned);
          if (all) done(null, [{ address: pinned, family }]);
          else done(null, pinned, family);
        },
      },
      resolve,
    );
    request.on('error', (cause) => {
      const { code = 'no answer' } = cause as NodeJS.ErrnoException;
      reject(
        signal.aborted
          ? (signal.reason as Error)
          : failed(`${url.host} could not be reached: ${code}.`, cause),
      );
    });
    request.end();
  });
};

const redirectOf = ({ statusCode = 0, headers }: IncomingMessage, from: URL): URL | null => {
  if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return null;
  const next = URL.parse(headers.location, from.href);
  if (next === null || next.username || next.password)
    throw failed('The source redirects to no valid address.');
  return next;
};

const keep = async (
  response: IncomingMessage,
  file: string,
  { mostBytes, signal }: DownloadOptions,
): Promise<string> => {
  const hasher = createHash('sha256');
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength;
      hasher.update(chunk);
      const message = `The archive has more than ${mostBytes} bytes.`;
      if (bytes > mostBytes) done(new KeepwellError('PLUGIN_TOO_LARGE', { message }));
      else done(null, chunk);
    },
  });
  try {
    await pipeline(response, count, createWriteStream(file, { flags: 'wx' }), { signal });
  } catch (error) {
    if (signal.aborted || error instanceof KeepwellError) throw error;
    const { code = 'cut off', syscall } = error as NodeJS.ErrnoException;
    // What the disk says is told by whoever knows what was written.
    if (syscall !== undefined && code !== 'ECONNRESET') throw error;
    throw failed(`The download was cut off: ${code}.`, error);
  }
  return hasher.digest('hex');
};

const checkStatus = (response: IncomingMessage, host: string): void => {
  const { statusCode = 0 } = response;
  if (statusCode === 200) return;
  response.destroy();
  if (statusCode === 404 || statusCode === 410) {
    throw new KeepwellError('PLUGIN_NOT_FOUND', { message: `The source answers ${statusCode}.` });
  }
  const hint =
    statusCode === 401 || statusCode === 403
      ? `It asks for a token, which goes into ${gitTokenName(host)}.`
      : undefined;
  throw failed(`The source answers ${statusCode}.`, undefined, hint);
};

const failed = (message: string, cause?: unknown, hint?: string) =>
  new KeepwellError('PLUGIN_FETCH_FAILED', { message, cause, ...(hint === undefined ? {} : { hint }) });
