import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type DownloadOptions, download } from '../../src/plugins/archive/download.ts';
import { scratch } from './support/scratch.ts';

const BYTES = 'the archive';

/** The web, in which every https server is one that the test plays; notes at which addresses it was reached. */
const web = vi.hoisted(() => ({
  reached: [] as string[],
  location: null as string | null,
}));
vi.mock('node:https', async () => {
  const { request } = await import('node:http');
  const { createServer } = await import('node:http');
  const server = createServer((_, response) => {
    if (web.location === null) response.end('the archive');
    else response.writeHead(302, { location: web.location }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  type Lookup = (
    host: string,
    how: { all: true },
    done: (error: null, found: { address: string }[]) => void,
  ) => void;
  type Options = { headers: Record<string, string>; signal: AbortSignal; lookup: Lookup };
  const { port } = server.address() as AddressInfo;
  return {
    request: (
      url: URL,
      { headers, signal, lookup }: Options,
      respond: (response: IncomingMessage) => void,
    ) => {
      lookup(url.hostname, { all: true }, (_, [found]) =>
        web.reached.push(`${url.host} at ${found?.address}`),
      );
      return request({ host: '127.0.0.1', port, path: url.pathname, headers, signal, agent: false }, respond);
    },
  };
});
beforeEach(() => {
  web.reached.length = 0;
  web.location = null;
});

/** A server on loopback; gives what it was asked. */
const serve = async (answer: RequestListener) => {
  const asked: { url: string; token: string | null; host: string | null }[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const { authorization = null, host = null } = request.headers;
    asked.push({ url: request.url ?? '', token: authorization, host });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, asked };
};

const fetchFrom = async (url: string, options: Partial<DownloadOptions> = {}) => {
  const file = join(await scratch(), 'archive');
  const hash = await download(url, file, {
    mostBytes: 1_000,
    allowPrivateAddresses: true,
    tokenFor: () => null,
    signal: AbortSignal.timeout(20_000),
    ...options,
  });
  return { hash, text: await readFile(file, 'utf8') };
};

const give: RequestListener = (_request, response) => void response.end(BYTES);
const redirectTo =
  (location: string): RequestListener =>
  (_request, response) =>
    void response.writeHead(302, { location }).end();

describe('a download', () => {
  it('gives the bytes and their hash, through redirects', async () => {
    const end = await serve(give);
    const begin = await serve(redirectTo(`${end.url}/x.tgz`));
    expect(await fetchFrom(`${begin.url}/a.tgz`)).toEqual({
      hash: createHash('sha256').update(BYTES).digest('hex'),
      text: BYTES,
    });
  });

  it('sends a token to the first host and to no other', async () => {
    const end = await serve(give);
    const begin = await serve(redirectTo(`${end.url}/x.tgz`));
    await fetchFrom(`${begin.url}/a.tgz`, { tokenFor: () => 'hush' });
    expect(begin.asked.map(({ token }) => token)).toEqual(['Bearer hush']);
    expect(end.asked.map(({ token }) => token)).toEqual([null]);
  });

  it('connects to the address that was checked, whatever the name means a moment later', async () => {
    const server = await serve(give);
    let lookUps = 0;
    const { text } = await fetchFrom(`http://rebinding.test:${server.port}/a.tgz`, {
      lookup: async () => {
        lookUps += 1;
        return lookUps === 1 ? ['127.0.0.1'] : ['192.0.2.1'];
      },
    });
    expect([text, lookUps]).toEqual([BYTES, 1]);
    expect(server.asked[0]?.host).toBe(`rebinding.test:${server.port}`);
  });

  it.each([
    ['http://127.0.0.1/x.tgz', 'itself'],
    ['http://[::ffff:127.0.0.1]/x.tgz', 'mapped into IPv6'],
    ['http://2130706433/x.tgz', 'in decimal'],
    ['http://0177.0.0.1/x.tgz', 'in octal'],
  ])('refuses loopback, %s (%s), where private addresses are not allowed', async (url) => {
    await expect(
      fetchFrom(url.replace('http:', 'https:'), { allowPrivateAddresses: false }),
    ).rejects.toMatchObject({ code: 'PLUGIN_SOURCE_REFUSED' });
  });

  it('refuses http to a public address, and goes nowhere', async () => {
    const refused = fetchFrom('http://public.test/a.tgz', {
      lookup: async () => ['93.184.216.34'],
      tokenFor: () => 'hush',
    });
    await expect(refused).rejects.toMatchObject({
      code: 'PLUGIN_SOURCE_REFUSED',
      message: expect.stringContaining('https'),
    });
    expect(web.reached).toEqual([]);
  });

  it.each([
    ['a private address', 'https://10.0.0.7/x.tgz'],
    ['an address of the machine itself', 'https://[::1]/x.tgz'],
    ['an address of the machine itself, in decimal', 'https://2130706433/x.tgz'],
    ['a link-local address', 'https://169.254.169.254/latest/x.tgz'],
    ['a private address mapped into IPv6', 'https://[::ffff:192.168.0.1]/x.tgz'],
    ['a name that means a public and a private address', 'https://both.test/x.tgz'],
    ['its own name, which means a private address by then', '/x.tgz'],
  ])('refuses a redirect to %s', async (_, location) => {
    web.location = location;
    let lookUps = 0;
    const refused = fetchFrom('https://first.test/a.tgz', {
      allowPrivateAddresses: false,
      lookup: async (name) => {
        if (name === 'both.test') return ['93.184.216.34', '10.0.0.7'];
        lookUps += 1;
        return lookUps === 1 ? ['93.184.216.34'] : ['127.0.0.1'];
      },
    });
    await expect(refused).rejects.toMatchObject({ code: 'PLUGIN_SOURCE_REFUSED' });
    expect(web.reached).toEqual(['first.test at 93.184.216.34']);
  });

  it('follows a redirect to another public address, and connects to the one that was checked', async () => {
    web.location = 'https://second.test/x.tgz';
    const { text } = await fetchFrom('https://first.test/a.tgz', {
      allowPrivateAddresses: false,
      lookup: async (name) => {
        if (name !== 'second.test') return ['93.184.216.34'];
        web.location = null;
        return ['93.184.216.35'];
      },
    });
    expect(text).toBe(BYTES);
    expect(web.reached).toEqual(['first.test at 93.184.216.34', 'second.test at 93.184.216.35']);
  });

  it.each([true, false])('never goes from https to http, private addresses allowed: %s', async (allowed) => {
    const plain = await serve(give);
    web.location = `${plain.url}/x.tgz`;
    await expect(
      fetchFrom('https://first.test/a.tgz', {
        allowPrivateAddresses: allowed,
        lookup: async () => ['93.184.216.34'],
      }),
    ).rejects.toMatchObject({
      code: 'PLUGIN_SOURCE_REFUSED',
      message: expect.stringContaining('redirects from https'),
    });
    expect(plain.asked).toEqual([]);
  });

  it('follows five redirects and no sixth', async () => {
    const loop = await serve((request, response) =>
      response.writeHead(302, { location: `/${Number(request.url?.slice(1)) + 1}` }).end(),
    );
    await expect(fetchFrom(`${loop.url}/0`)).rejects.toThrow('redirects more than 5 times');
    expect(loop.asked).toHaveLength(6);
  });

  it('ends at its limit, however much comes', async () => {
    const endless = await serve((_request, response) => {
      const more = () =>
        void (response.write('x'.repeat(500)) ? setImmediate(more) : response.once('drain', more));
      more();
    });
    await expect(fetchFrom(`${endless.url}/a.tgz`)).rejects.toMatchObject({ code: 'PLUGIN_TOO_LARGE' });
  });

  it('that breaks off is told as such', async () => {
    const broken = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    await expect(fetchFrom(`${broken.url}/a.tgz`)).rejects.toMatchObject({ code: 'PLUGIN_FETCH_FAILED' });
  });

  it('that is refused names the variable for its token', async () => {
    const shut = await serve((_request, response) => void response.writeHead(401).end());
    await expect(fetchFrom(`${shut.url}/a.tgz`)).rejects.toMatchObject({
      hint: `It asks for a token, which goes into KEEPWELL_GIT_TOKEN__127_0_0_1_${shut.port}.`,
    });
  });
});
