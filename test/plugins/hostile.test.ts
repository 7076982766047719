import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PluginLimits } from '../../src/plugins/limits.ts';
import { fetchNow, openCache } from './support/caches.ts';
import { pax, rawTar, rawTgz, type TarPart } from './support/raw-tar.ts';
import { rawZip, type ZipPart } from './support/raw-zip.ts';
import { scratch, write } from './support/scratch.ts';

/** Everything that an archive can do to harm: each is refused by its own code, and nothing of it stays anywhere. */

const files = new Map<string, Buffer>();
const server = createServer((request, response) => {
  const file = files.get(request.url ?? '');
  response.statusCode = file === undefined ? 404 : 200;
  response.end(file);
});
let base = '';
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

let served = 0;
const serve = (bytes: Buffer, ending: 'tgz' | 'zip', pin = sha256(bytes)): string => {
  const path = `/${(served += 1)}.${ending}`;
  files.set(path, bytes);
  return `${base}${path}#sha256=${pin}`;
};
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const LIMITS: Partial<PluginLimits> = { files: 50, bytes: 4 * 1024 * 1024 };

/** Fetches through the real cache and says what came of it, and what is left anywhere. */
const fetchFrom = async (source: string, limits = LIMITS) => {
  const home = await scratch();
  await write(join(home, 'outside'), { 'mine.txt': 'mine' });
  const before = await listing(home);
  const cache = openCache(home, { limits });
  const outcome = await fetchNow(cache, { source, name: 'hostile' }).then(
    ({ treeHash }) => treeHash,
    ({ code, details }: { code: string; details: unknown }) => ({ code, details }),
  );
  const left = (await listing(home)).filter(
    (path) => !before.includes(path) && !/^cache(\/[a-z]+)?$/.test(path),
  );
  return { outcome, left, home };
};

const listing = async (folder: string) =>
  (await readdir(folder, { recursive: true })).toSorted().filter((path) => path !== '');

const expectRefused = async (source: string, code: string, limits = LIMITS) => {
  const { outcome, left, home } = await fetchFrom(source, limits);
  expect(outcome).toMatchObject({ code });
  expect(left).toEqual([]);
  expect(await readFile(join(home, 'outside', 'mine.txt'), 'utf8')).toBe('mine');
};

const file = (name: string | Buffer, more: Partial<TarPart> = {}): TarPart => ({
  name,
  content: 'x',
  ...more,
});
const OK = file('tool.py');

const many = (count: number, name: (index: number) => string): TarPart[] =>
  Array.from({ length: count }, (_, index) => file(name(index)));

/** Names that are refused in a tar and in a zip alike. */
const NAMES: [what: string, name: string | Buffer, code: string][] = [
  ['a step up', '../evil', 'PLUGIN_PATH_UNSAFE'],
  ['a step up in the middle', 'a/../../evil', 'PLUGIN_PATH_UNSAFE'],
  ['a step up that comes back', 'a/../evil', 'PLUGIN_PATH_UNSAFE'],
  ['a step up at the end', 'a/..', 'PLUGIN_PATH_UNSAFE'],
  ['a step up with backslashes', '..\\evil', 'PLUGIN_PATH_UNSAFE'],
  ['a step up with mixed slashes', 'a\\..\\../evil', 'PLUGIN_PATH_UNSAFE'],
  ['an overlong step up', Buffer.from([0xc0, 0xae, 0xc0, 0xae, 0x2f, 0x78]), 'PLUGIN_PATH_UNSAFE'],
  ['an absolute path', '/etc/evil', 'PLUGIN_PATH_UNSAFE'],
  ['an absolute path with two slashes', '//etc/evil', 'PLUGIN_PATH_UNSAFE'],
  ['a drive letter', 'C:/evil', 'PLUGIN_PATH_UNSAFE'],
  ['a drive letter with a backslash', 'c:\\evil', 'PLUGIN_PATH_UNSAFE'],
  ['a drive-relative path', 'C:evil', 'PLUGIN_PATH_UNSAFE'],
  ['a network path', '\\\\host\\share\\evil', 'PLUGIN_PATH_UNSAFE'],
  ['a line break', 'a\nb', 'PLUGIN_PATH_UNSAFE'],
  ['an escape sequence', 'a\u001b[2Jb', 'PLUGIN_PATH_UNSAFE'],
  ['a delete character', 'a\u007f', 'PLUGIN_PATH_UNSAFE'],
  ['bytes that are no UTF-8', Buffer.from([0x61, 0xff, 0xfe]), 'PLUGIN_PATH_UNSAFE'],
  ['half a surrogate pair', Buffer.from([0xed, 0xa0, 0x80]), 'PLUGIN_PATH_UNSAFE'],
  ['an escaped step up', 'a/%2e%2E/%2fevil', 'PLUGIN_PATH_UNSAFE'],
  ['a step up in wide characters', 'a/．．/evil', 'PLUGIN_PATH_UNSAFE'],
  ['a stream behind a name', 'a.txt:evil', 'PLUGIN_PATH_UNSAFE'],
  ['a step up that was escaped twice', 'a/%252e%252e/evil', 'PLUGIN_PATH_UNSAFE'],
  ['an escaped step up in wide characters', 'a/%2e．%2fevil', 'PLUGIN_PATH_UNSAFE'],
  ['an escaped backslash after a step up', 'a/..%5cevil', 'PLUGIN_PATH_UNSAFE'],
  ...['<', '>', '"', '|', '?', '*'].map((mark): [string, string, string] => [
    `a name with ${mark}`,
    `lib/a${mark}b`,
    'PLUGIN_PATH_UNSAFE',
  ]),
  ['an empty part', 'a//b', 'PLUGIN_PATH_UNSAFE'],
  ['a dot as a part', 'a/./b', 'PLUGIN_PATH_UNSAFE'],
  ['a dot at its end', 'a.', 'PLUGIN_PATH_UNSAFE'],
  ['a space at its end', 'a /b', 'PLUGIN_PATH_UNSAFE'],
  ['a reserved name', 'con', 'PLUGIN_PATH_UNSAFE'],
  ['a reserved name with an ending', 'lib/aux.txt', 'PLUGIN_PATH_UNSAFE'],
  ['a reserved name in capitals', 'LPT1.log', 'PLUGIN_PATH_UNSAFE'],
  ['too many folders in one another', `${'d/'.repeat(32)}x`, 'PLUGIN_PATH_TOO_LONG'],
];

const zipped = (parts: readonly ZipPart[]): Buffer => rawZip(parts);

describe('a path in an archive', () => {
  it.each(NAMES)('that is %s is refused in a tar', async (_, name, code) => {
    await expectRefused(serve(rawTgz([OK, file(name)]), 'tgz'), code);
  });

  it.each(NAMES)('that is %s is refused in a zip', async (_, name, code) => {
    await expectRefused(serve(zipped([OK, { name, content: 'x' }]), 'zip'), code);
  });

  it.each([
    ['a NUL in a PAX name', [pax({ path: 'a\0b' }), file('harmless')], 'PLUGIN_PATH_UNSAFE'],
    ['a step up in a PAX name', [pax({ path: '../evil' }), file('harmless')], 'PLUGIN_PATH_UNSAFE'],
    [
      'a step up in a GNU long name',
      [{ name: '././@LongLink', type: 'L', content: '../evil\0' }, file('harmless')],
      'PLUGIN_PATH_UNSAFE',
    ],
    ['a long name', [pax({ path: 'x'.repeat(300) }), file('harmless')], 'PLUGIN_PATH_TOO_LONG'],
    ['a folder that leads out', [OK, file('../out', { type: '5', content: '' })], 'PLUGIN_PATH_UNSAFE'],
    [
      'a link to a file outside',
      [OK, file('l', { type: '2', link: '/etc/passwd', content: '' })],
      'PLUGIN_LINK_REFUSED',
    ],
    [
      'a link to a file inside',
      [OK, file('l', { type: '2', link: 'tool.py', content: '' })],
      'PLUGIN_LINK_REFUSED',
    ],
    [
      'a link to a folder, and a file through it',
      [OK, file('l', { type: '2', link: '/tmp', content: '' }), file('l/evil')],
      'PLUGIN_LINK_REFUSED',
    ],
    [
      'a link with a step up in a PAX record',
      [pax({ linkpath: '../../evil' }), file('l', { type: '2', content: '' })],
      'PLUGIN_LINK_REFUSED',
    ],
    [
      'a hard link outside',
      [OK, file('h', { type: '1', link: '/etc/passwd', content: '' })],
      'PLUGIN_LINK_REFUSED',
    ],
    [
      'a hard link inside',
      [OK, file('h', { type: '1', link: 'tool.py', content: '' })],
      'PLUGIN_LINK_REFUSED',
    ],
    ['a character device', [OK, file('null', { type: '3', content: '' })], 'PLUGIN_FILE_REFUSED'],
    ['a block device', [OK, file('sda', { type: '4', content: '' })], 'PLUGIN_FILE_REFUSED'],
    ['a FIFO', [OK, file('pipe', { type: '6', content: '' })], 'PLUGIN_FILE_REFUSED'],
    ['a kind that nobody knows', [OK, file('odd', { type: 'Q', content: '' })], 'PLUGIN_FILE_REFUSED'],
    ['a sparse file', [OK, file('sparse', { type: 'S', content: '' })], 'PLUGIN_FILE_REFUSED'],
    ['a setuid file', [OK, file('su', { mode: 0o4755 })], 'PLUGIN_FILE_REFUSED'],
    ['a setgid file', [OK, file('sg', { mode: 0o2755 })], 'PLUGIN_FILE_REFUSED'],
    ['a sticky file', [OK, file('st', { mode: 0o1755 })], 'PLUGIN_FILE_REFUSED'],
    ['names that differ in case', [file('readme'), file('README')], 'PLUGIN_NAME_COLLISION'],
    ['folders that differ in case', [file('lib/a'), file('LIB/b')], 'PLUGIN_NAME_COLLISION'],
    ['composed and decomposed letters', [file('\u00e9'), file('e\u0301')], 'PLUGIN_NAME_COLLISION'],
    ['compatible letters', [file('\ufb01le'), file('file')], 'PLUGIN_NAME_COLLISION'],
    ['a sharp s and its capital', [file('stra\u00dfe'), file('STRASSE')], 'PLUGIN_NAME_COLLISION'],
    ['the same path twice', [OK, OK], 'PLUGIN_NAME_COLLISION'],
    ['a file where a folder is', [file('a/b'), file('a')], 'PLUGIN_NAME_COLLISION'],
    ['a folder where a file is', [file('a'), file('a/b')], 'PLUGIN_NAME_COLLISION'],
    ['too many files', many(51, (index) => `f${index}`), 'PLUGIN_TOO_MANY_FILES'],
    [
      'too many folders',
      many(51, (index) => `d${index}/`).map((part) => ({ ...part, type: '5', content: '' })),
      'PLUGIN_TOO_MANY_FILES',
    ],
    ['too many bytes', [file('big', { content: 'xyz'.repeat(1_500_000) })], 'PLUGIN_BOMB'],
    [
      'a bad manifest',
      [file('plugin.yaml', { content: 'restart: sometimes\ntags: 3\n' })],
      'PLUGIN_MANIFEST_INVALID',
    ],
    [
      'a huge manifest',
      [file('plugin.yaml', { content: `# ${Math.PI}${'x'.repeat(70_000)}` })],
      'PLUGIN_MANIFEST_INVALID',
    ],
  ] as [string, TarPart[], string][])('that holds %s is refused', async (_, parts, code) => {
    await expectRefused(serve(rawTgz(parts), 'tgz'), code);
  });

  it.each([
    ['a link', [{ name: 'l', content: '/etc/passwd', mode: 0o120777 }], 'PLUGIN_LINK_REFUSED'],
    ['a device', [{ name: 'd', mode: 0o020666 }], 'PLUGIN_FILE_REFUSED'],
    ['a FIFO', [{ name: 'p', mode: 0o010666 }], 'PLUGIN_FILE_REFUSED'],
    ['a socket', [{ name: 's', mode: 0o140777 }], 'PLUGIN_FILE_REFUSED'],
    ['a setuid file', [{ name: 'su', content: 'x', mode: 0o104755 }], 'PLUGIN_FILE_REFUSED'],
    ['names that differ in case', [{ name: 'a' }, { name: 'A' }], 'PLUGIN_NAME_COLLISION'],
    ['the same path twice', [{ name: 'a' }, { name: 'a' }], 'PLUGIN_NAME_COLLISION'],
    ['a folder that leads out', [{ name: 'a' }, { name: '../out/' }], 'PLUGIN_PATH_UNSAFE'],
    ['a NUL', [{ name: 'a\0b' }], 'PLUGIN_PATH_UNSAFE'],
    ['an encrypted file', [{ name: 'a', content: 'x', flags: 0x801 }], 'PLUGIN_ARCHIVE_INVALID'],
    [
      'too many files',
      Array.from({ length: 51 }, (_, index) => ({ name: `f${index}` })),
      'PLUGIN_TOO_MANY_FILES',
    ],
    [
      'a file that unpacks to far more',
      [{ name: 'a', content: Buffer.alloc(3_000_000), deflated: true }],
      'PLUGIN_BOMB',
    ],
    [
      'a file that says it is larger',
      [{ name: 'a', content: 'x', deflated: true, size: 2_000_000_000 }],
      'PLUGIN_BOMB',
    ],
    [
      'a file that says it is smaller',
      [{ name: 'a', content: Buffer.alloc(2_000, 'abc'), deflated: true, size: 3 }],
      'PLUGIN_ARCHIVE_INVALID',
    ],
  ] as [string, ZipPart[], string][])('in a zip that holds %s is refused', async (_, parts, code) => {
    const source = serve(zipped([{ name: 'tool.py', content: 'x' }, ...parts]), 'zip');
    await expectRefused(source, code);
  });
});

describe('an archive', () => {
  const tar = rawTar([file('a', { content: 'x'.repeat(2_000) }), file('b')]);
  const noise = Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7_919) % 251));
  const whole = gzipSync(rawTar([file('noise', { content: noise })]));
  const zip = rawZip([{ name: 'a', content: 'x'.repeat(2_000) }]);

  it.each([
    ['is empty', Buffer.alloc(0), 'PLUGIN_ARCHIVE_INVALID'],
    ['is a text', Buffer.from('<html>not found</html>'), 'PLUGIN_ARCHIVE_INVALID'],
    ['is a tar that nobody packed', tar, 'PLUGIN_ARCHIVE_INVALID'],
    ['ends in its gzip header', whole.subarray(0, 5), 'PLUGIN_ARCHIVE_INVALID'],
    ['ends in the middle', whole.subarray(0, whole.length / 2), 'PLUGIN_ARCHIVE_INVALID'],
    ['lacks its checksum', whole.subarray(0, -4), 'PLUGIN_ARCHIVE_INVALID'],
    [
      'has another checksum',
      Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8, 1)]),
      'PLUGIN_ARCHIVE_INVALID',
    ],
    ['ends in the middle of a tar header', gzipSync(tar.subarray(0, 300)), 'PLUGIN_ARCHIVE_INVALID'],
    ['ends in the middle of a file', gzipSync(tar.subarray(0, 1_000)), 'PLUGIN_ARCHIVE_INVALID'],
    [
      'has a damaged tar header',
      gzipSync(Buffer.concat([tar.subarray(0, 100), Buffer.alloc(50, 7), tar.subarray(150)])),
      'PLUGIN_ARCHIVE_INVALID',
    ],
    ['has garbage after it', Buffer.concat([whole, Buffer.from('garbage')]), 'PLUGIN_ARCHIVE_INVALID'],
    [
      'has garbage after the tar in it',
      gzipSync(Buffer.concat([tar, Buffer.alloc(512, 9)])),
      'PLUGIN_ARCHIVE_INVALID',
    ],
    [
      'unpacks to far more than it weighs',
      gzipSync(rawTar([file('zeros', { content: Buffer.alloc(3_000_000) })])),
      'PLUGIN_BOMB',
    ],
    ['has another archive after it', Buffer.concat([whole, whole]), 'PLUGIN_ARCHIVE_INVALID'],
  ])('that %s is refused', async (_, bytes, code) => {
    await expectRefused(serve(bytes, 'tgz'), code);
  });

  it.each([
    ['ends in the middle of its directory', zip.subarray(0, -30), 'PLUGIN_ARCHIVE_INVALID'],
    ['ends in the middle of a file', zip.subarray(0, 500), 'PLUGIN_ARCHIVE_INVALID'],
    ['has garbage after it', Buffer.concat([zip, Buffer.from('garbage')]), 'PLUGIN_ARCHIVE_INVALID'],
    ['lists more files than it has', rawZip([{ name: 'a' }], { entries: 9 }), 'PLUGIN_ARCHIVE_INVALID'],
    [
      'names a place that is none',
      rawZip([{ name: 'a', content: 'x', offset: 90_000 }]),
      'PLUGIN_ARCHIVE_INVALID',
    ],
    [
      'lists one file again and again',
      rawZip(
        Array.from({ length: 40 }, (_, index) => ({
          name: `f${index}`,
          content: Buffer.alloc(60_000),
          deflated: true,
          offset: 0,
        })),
      ),
      'PLUGIN_BOMB',
    ],
  ])('that is a zip and %s is refused', async (_, bytes, code) => {
    await expectRefused(serve(bytes, 'zip'), code);
  });

  it('with another hash than it was declared with is refused before anything is unpacked', async () => {
    await expectRefused(serve(whole, 'tgz', '0'.repeat(64)), 'PLUGIN_HASH_MISMATCH');
    // Whoever looks into it finds something worse than its hash.
    for (const bytes of [rawTgz([file('../evil')]), Buffer.from('no archive')]) {
      await expectRefused(serve(bytes, 'tgz', '0'.repeat(64)), 'PLUGIN_HASH_MISMATCH');
    }
  });

  it('that is larger than a plugin may be is not downloaded to its end', async () => {
    await expectRefused(serve(whole, 'tgz'), 'PLUGIN_TOO_LARGE', { bytes: 1_000 });
  });

  it('that is not there is told so', async () => {
    await expectRefused(`${base}/nowhere.tgz#sha256=${'0'.repeat(64)}`, 'PLUGIN_NOT_FOUND');
  });

  it('tells all that is wrong with it at once', async () => {
    const source = serve(
      rawTgz([file('../a'), file('l', { type: '2', link: 'x', content: '' }), file('con')]),
      'tgz',
    );
    const { outcome } = await fetchFrom(source);
    expect(outcome).toMatchObject({
      code: 'PLUGIN_PATH_UNSAFE',
      details: [
        { path: '../a', code: 'PLUGIN_PATH_UNSAFE' },
        { path: 'l', code: 'PLUGIN_LINK_REFUSED' },
        { path: 'con', code: 'PLUGIN_PATH_UNSAFE' },
      ],
    });
  });
});

/** The hash that the same files have in the registry. */
const localHash = async (tree: Record<string, string | Buffer>): Promise<string> => {
  const home = await scratch();
  await write(join(home, 'registry', 'same'), tree);
  return (await fetchNow(openCache(home), 'local://same')).treeHash;
};

describe('an archive that is as it should be', () => {
  const TREE = { 'plugin.yaml': 'name: x\n', 'skills/übung/SKILL.md': 'ü', empty: '' };
  const parts = Object.entries(TREE).map(([name, content]) => file(name, { content }));

  it.each([
    ['a tar.gz', () => serve(rawTgz(parts), 'tgz')],
    [
      'a zip',
      () =>
        serve(
          rawZip(Object.entries(TREE).map(([name, content]) => ({ name, content, deflated: true }))),
          'zip',
        ),
    ],
    [
      'a tar.gz with one folder around everything',
      () =>
        serve(
          rawTgz([
            file('x-1.0/', { type: '5', content: '' }),
            ...parts.map((part) => ({ ...part, name: `x-1.0/${String(part.name)}` })),
          ]),
          'tgz',
        ),
    ],
    [
      'a tar.gz with names in PAX records',
      () =>
        serve(
          rawTgz(parts.flatMap((part) => [pax({ path: String(part.name) }), { ...part, name: 'short' }])),
          'tgz',
        ),
    ],
  ])('and %s is the same plugin as its files', async (_, source) => {
    const { outcome } = await fetchFrom(source());
    expect(outcome).toBe(await localHash(TREE));
  });

  it('keeps the executable bit', async () => {
    const run = (mode: number) => fetchFrom(serve(rawTgz([file('run.sh', { mode })]), 'tgz'));
    expect((await run(0o755)).outcome).not.toBe((await run(0o644)).outcome);
  });

  it('is the same plugin as its files, whatever they are', { timeout: 60_000 }, async () => {
    const name = fc
      .stringMatching(/^[a-z0-9äé_-]{1,12}$/)
      .filter((text) => !/^(con|prn|aux|nul|build|com\d|lpt\d)$/.test(text));
    const tree = fc.dictionary(
      fc.array(name, { minLength: 1, maxLength: 3 }).map((path) => path.join('/')),
      fc.string({ maxLength: 200 }),
      { minKeys: 1, maxKeys: 6 },
    );
    await fc.assert(
      fc.asyncProperty(tree, async (given) => {
        // A path that is a folder of another is no tree.
        const paths = Object.keys(given);
        fc.pre(!paths.some((path) => paths.some((other) => other.startsWith(`${path}/`))));
        const entries = Object.entries({ ...given, 'top.txt': 'x' });
        const hash = await localHash(Object.fromEntries(entries));
        const tgz = serve(rawTgz(entries.map(([path, content]) => file(path, { content }))), 'tgz');
        const zip = serve(
          rawZip(entries.map(([path, content]) => ({ name: path, content, deflated: true }))),
          'zip',
        );
        expect((await fetchFrom(tgz)).outcome).toBe(hash);
        expect((await fetchFrom(zip)).outcome).toBe(hash);
      }),
      { numRuns: 15 },
    );
  });
});
