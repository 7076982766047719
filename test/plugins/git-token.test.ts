import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gitTokenName } from '../../src/git-token-name.ts';
import { fetchNow, openCache } from './support/caches.ts';
import { createRepository } from './support/git-repository.ts';
import { startGitServer } from './support/git-server.ts';
import { scratch } from './support/scratch.ts';

const TOKEN = 'hush-token-4711';
/** As it is on the wire. */
const ENCODED = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');

/** A repository that is shown to nobody without the token. */
const locked = async () => {
  const home = await scratch();
  const repo = await createRepository(join(home, 'repos', 'owner', 'my-plugin'));
  await repo.commit({ 'tool.py': 'one\n' });
  const server = await startGitServer(join(home, 'repos'));
  server.askFor(TOKEN);
  return {
    home,
    repo,
    server,
    source: `${server.url}/owner/my-plugin#main`,
    host: `127.0.0.1:${server.port}`,
  };
};

/** A git that writes down its arguments and its environment, each command apart, before it runs. */
const createSpyGit = async (home: string, last = '') => {
  const program = join(home, 'spy-git');
  const text = `#!/bin/sh\n{ echo "$*"; env; echo ----; } >> '${home}/spied'\n${last}\nexec git "$@"\n`;
  await writeFile(program, text, { mode: 0o755 });
  return {
    program,
    commands: async () =>
      (await readFile(join(home, 'spied'), 'utf8'))
        .split('----\n')
        .slice(0, -1)
        .map((block) => ({ args: block.split('\n')[0] ?? '', env: block.slice(block.indexOf('\n') + 1) })),
  };
};

const textOf = (error: unknown) => {
  const { message, hint, details, stack, cause } = error as Error & { hint: string; details: unknown };
  return JSON.stringify([message, hint, details, stack, String(cause)]);
};

describe('a repository that asks for a token', () => {
  it('says which variable or secret to set, for its host and port', async () => {
    const { home, source, host, server } = await locked();
    await expect(fetchNow(openCache(home), source)).rejects.toMatchObject({
      code: 'PLUGIN_FETCH_FAILED',
      hint: expect.stringMatching(new RegExp(`KEEPWELL_GIT_TOKEN__127_0_0_1_${server.port}:.* secret`)),
    });
    expect(gitTokenName(host)).toBe(`KEEPWELL_GIT_TOKEN__127_0_0_1_${server.port}`);
  });

  it('is fetched with the token of its host, and the token of another host is not sent', async () => {
    const { home, source, host, server } = await locked();
    const asked: string[] = [];
    const tokenFor = (name: string) => {
      asked.push(name);
      return name === host ? TOKEN : 'of-another';
    };
    expect(await fetchNow(openCache(home, { tokenFor }), source)).toMatchObject({ name: 'my-plugin' });
    expect(new Set(asked)).toEqual(new Set([host]));
    expect(server.credentials).not.toContain('of-another');
  });

  it('is asked for anew with the token that there is now', async () => {
    const { home, repo, source, server } = await locked();
    let token: string | null = null;
    const cache = openCache(home, { tokenFor: () => token });
    await expect(fetchNow(cache, source)).rejects.toMatchObject({ code: 'PLUGIN_FETCH_FAILED' });
    token = TOKEN;
    await fetchNow(cache, source);
    server.askFor('the-next-one');
    await repo.commit({ 'tool.py': 'two\n' });
    await expect(fetchNow(cache, source)).rejects.toMatchObject({ code: 'PLUGIN_FETCH_FAILED' });
    token = 'the-next-one';
    await fetchNow(cache, source);
    token = null;
    await repo.commit({ 'tool.py': 'three\n' });
    await expect(fetchNow(cache, source)).rejects.toMatchObject({ code: 'PLUGIN_FETCH_FAILED' });
  });
});

describe('a token', () => {
  it('is in the environment of the git that reaches out, in no argument, and in no other git', async () => {
    const { home, source } = await locked();
    const spy = await createSpyGit(home);
    await fetchNow(openCache(home, { git: spy.program, tokenFor: () => TOKEN }), source);
    const commands = await spy.commands();
    const reaching = commands.filter(({ args }) => / (ls-remote|fetch) /.test(args));
    expect(reaching.length).toBeGreaterThanOrEqual(2);
    for (const { args, env } of commands) {
      expect(args).not.toMatch(new RegExp(`${TOKEN}|${ENCODED}|Authorization`));
      expect(env.includes(ENCODED)).toBe(reaching.some((command) => command.env === env));
    }
  });

  it.runIf(process.platform === 'linux')('is in the arguments of no process while git waits', async () => {
    const { home, source, server } = await locked();
    const reached = Promise.withResolvers<void>();
    server.answerWith(() => reached.resolve());
    const cache = openCache(home, { tokenFor: () => TOKEN, fetchWithinMs: 3_000 });
    const fetching = fetchNow(cache, source).catch((error: unknown) => error);
    await reached.promise;
    const lines = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        } catch {
          return '';
        }
      });
    expect(lines.some((line) => line.includes(`127.0.0.1:${server.port}/owner/my-plugin`))).toBe(true);
    expect(lines.filter((line) => line.includes(TOKEN) || line.includes(ENCODED))).toEqual([]);
    await fetching;
  });

  it('is in no file of the cache and in no error, not even when it is refused', async () => {
    const { home, source, server } = await locked();
    const cache = openCache(home, { tokenFor: () => TOKEN });
    await fetchNow(cache, source);
    server.askFor('another');
    const refused = await fetchNow(cache, source).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'PLUGIN_FETCH_FAILED' });
    server.answerWith((_, response) => response.writeHead(500).end(`${TOKEN} ${ENCODED}`));
    server.askFor(null);
    const broken = await fetchNow(cache, source).catch((error: unknown) => error);
    for (const error of [refused, broken]) {
      expect(textOf(error)).not.toContain(TOKEN);
      expect(textOf(error)).not.toContain(ENCODED);
    }
    const files = await readdir(join(home, 'cache'), { recursive: true, withFileTypes: true });
    for (const file of files.filter((entry) => entry.isFile())) {
      const bytes = await readFile(join(file.parentPath, file.name));
      expect([file.name, bytes.includes(TOKEN), bytes.includes(ENCODED)]).toEqual([file.name, false, false]);
    }
  });

  it('is not sent where a redirect leads', async () => {
    const { home, source, server } = await locked();
    const elsewhere = await startGitServer(join(home, 'repos'));
    server.answerWith((request, response) => {
      response.writeHead(302, { location: `http://127.0.0.1:${elsewhere.port}${request.url}` }).end();
    });
    const cache = openCache(home, { tokenFor: () => TOKEN });
    await expect(fetchNow(cache, source)).rejects.toMatchObject({ code: 'PLUGIN_FETCH_FAILED' });
    expect(elsewhere.requests).toEqual([]);
  });

  it('is not sent over http to a public address, where everybody on the way could read it', async () => {
    const home = await scratch();
    const spy = await createSpyGit(home, 'case " $* " in *" ls-remote "*) exit 128 ;; esac');
    const lookup = async () => ['8.8.8.8'];
    const cache = openCache(home, { git: spy.program, tokenFor: () => TOKEN, lookup });
    for (const scheme of ['git+http', 'git+https']) {
      await fetchNow(cache, `${scheme}://host.example/o/r#main`).catch(() => {});
    }
    const commands = await spy.commands();
    const [overHttp, overHttps] = commands.filter(({ args }) => args.includes(' ls-remote '));
    expect(overHttp?.env).not.toContain(ENCODED);
    expect(overHttps?.env).toContain(ENCODED);
  });
});
