import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { PluginCacheOptions } from '../../src/plugins/cache.ts';
import { declared, fetchNow, openCache } from './support/caches.ts';
import { startGitServer } from './support/git-server.ts';
import { never, scratch } from './support/scratch.ts';

const COMMIT = '1'.repeat(40);

/** One packet of git's protocol. */
const packet = (content: string | Buffer): Buffer => {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
};
const END = Buffer.from('0000');

/** Writes the same again and again, for as long as somebody reads. */
const forever = (response: ServerResponse, bytes: Buffer): void => {
  const more = () => {
    while (!response.destroyed && response.write(bytes));
  };
  response.on('drain', more);
  more();
};

const advertise = (response: ServerResponse): void => {
  response.setHeader('content-type', 'application/x-git-upload-pack-advertisement');
  response.write(Buffer.concat([packet('# service=git-upload-pack\n'), END, packet('version 2\n')]));
  response.write(Buffer.concat([packet('ls-refs\n'), packet('fetch=shallow\n')]));
};

/** A server that answers as a git server would begin to. */
const hostile = async (
  answers: Record<'advertisement' | 'command', (response: ServerResponse, request: IncomingMessage) => void>,
) => {
  const home = await scratch();
  const server = await startGitServer(join(home, 'repos'));
  server.answerWith((request, response) => {
    response.on('error', () => {});
    if (request.method === 'GET') answers.advertisement(response, request);
    else answers.command(response, request);
  });
  const open = (options: Partial<PluginCacheOptions>) => openCache(home, options);
  return { home, open, url: `${server.url}/owner/my-plugin` };
};

const silence = () => {};

/** What runs on this machine and has to do with a folder; nothing where that cannot be known. */
const processesOf = (folder: string): string[] =>
  (process.platform === 'linux' ? readdirSync('/proc') : [])
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(folder));

const leavesNothing = async (home: string) => {
  await expect.poll(() => processesOf(home), { timeout: 10_000 }).toEqual([]);
  expect(await readdir(join(home, 'cache', 'trees'))).toEqual([]);
  expect(await readdir(join(home, 'cache', 'staging'))).toEqual([]);
};

describe('a git server that never ends', () => {
  // Where the system knows no such limit, the deadline ends it; that is tested below.
  it.runIf(process.platform === 'linux')(
    'is left when it advertises without end, before it has used up the memory',
    async () => {
      const line = packet(`${COMMIT} refs/heads/${'x'.repeat(900)}\n`);
      const chunk = Buffer.concat(Array.from({ length: 1_000 }, () => line));
      const { home, open, url } = await hostile({
        advertisement: (response) => {
          response.setHeader('content-type', 'application/x-git-upload-pack-advertisement');
          response.write(Buffer.concat([packet('# service=git-upload-pack\n'), END]));
          forever(response, chunk);
        },
        command: silence,
      });
      const cache = open({ memoryBytes: 400 * 1024 ** 2, fetchWithinMs: 60_000 });
      await expect(fetchNow(cache, `${url}#main`)).rejects.toMatchObject({ code: 'PLUGIN_TOO_LARGE' });
      await leavesNothing(home);
    },
  );

  it.each([
    ['sends more objects than a repository may have', [0, 15, 255, 255]],
    ['says that it sends more objects than there is memory for', [127, 255, 255, 255]],
  ])('is left when it %s', async (_, count) => {
    // A blob of 50,000 bytes: three bits of type, and its size in 4 + 7 + 7 bits.
    const size = 50_000;
    const head = Buffer.from([0xb0 | (size & 15), 0x80 | ((size >> 4) & 127), size >> 11]);
    const blob = Buffer.concat([head, deflateSync(randomBytes(size))]);
    const onBand = (bytes: Buffer) => packet(Buffer.concat([Buffer.from([1]), bytes]));
    const { home, open, url } = await hostile({
      advertisement: (response) => {
        advertise(response);
        response.end(END);
      },
      command: (response, request) => {
        request.resume();
        response.setHeader('content-type', 'application/x-git-upload-pack-result');
        response.write(packet('packfile\n'));
        response.write(onBand(Buffer.from([0x50, 0x41, 0x43, 0x4b, 0, 0, 0, 2, ...count])));
        forever(response, onBand(blob));
      },
    });
    const cache = open({
      limits: { repositoryBytes: 3_000_000 },
      memoryBytes: 400 * 1024 ** 2,
      fetchWithinMs: 60_000,
    });
    const fetching = cache.fetch(declared(`${url}#${COMMIT}`), null, never);
    await expect(fetching).rejects.toMatchObject({ code: 'PLUGIN_TOO_LARGE' });
    await leavesNothing(home);
    const left = await readdir(join(home, 'cache', 'git'), { recursive: true });
    expect(left.filter((path) => path.includes('/pack/'))).toEqual([]);
  });

  it('is left at the deadline when it sends one byte after the other', async () => {
    const { home, open, url } = await hostile({
      advertisement: (response) => {
        advertise(response);
        const drip = setInterval(() => response.write('0'), 100);
        response.on('close', () => clearInterval(drip));
      },
      command: silence,
    });
    await expect(fetchNow(open({ fetchWithinMs: 1_000 }), `${url}#main`)).rejects.toMatchObject({
      code: 'PLUGIN_FETCH_TIMEOUT',
    });
    await leavesNothing(home);
  });
});

describe('a git server that answers nonsense', () => {
  it.each([
    ['a page', (response: ServerResponse) => response.end('<html>Hello</html>')],
    ['nothing', (response: ServerResponse) => response.end()],
    ['half an answer', (response: ServerResponse) => response.end(packet('# service=git-upload-pack\n'))],
    ['no HTTP', (response: ServerResponse) => response.socket?.end('SSH-2.0-x\r\n')],
    [
      'a commit that is none',
      (response: ServerResponse) => {
        response.setHeader('content-type', 'application/x-git-upload-pack-advertisement');
        const line = packet('--upload-pack=touch refs/heads/main\0 side-band-64k\n');
        response.end(Buffer.concat([packet('# service=git-upload-pack\n'), END, line, END]));
      },
    ],
    [
      'escape sequences and what looks like a complaint of git',
      (response: ServerResponse) => {
        response.setHeader('content-type', 'application/x-git-upload-pack-advertisement');
        const line = packet('ERR \u001b[31mfatal: repository not found\u0007\n');
        response.end(Buffer.concat([packet('# service=git-upload-pack\n'), END, line, END]));
      },
    ],
  ] as const)('costs one plugin, and says so plainly: %s', async (_, answer) => {
    const { home, open, url } = await hostile({
      advertisement: (response) => void answer(response),
      command: silence,
    });
    const error = await fetchNow(open({ fetchWithinMs: 20_000 }), `${url}#main`).catch(
      (reason: unknown) => reason as { code: string; message: string },
    );
    expect(error).toMatchObject({ code: expect.stringMatching(/^PLUGIN_(FETCH_FAILED|NOT_FOUND)$/) });
    expect('message' in error && /\p{Cc}/u.test(error.message)).toBe(false);
    await leavesNothing(home);
  });
});
