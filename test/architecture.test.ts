import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const REPO = join(import.meta.dirname, '..');

/** Every part of the program, and what it may import of the others. `main` knows everyone, so it is not here. */
const MAY_IMPORT: Record<string, string[]> = {
  // outside: the HTTP API, for which the types of its schemas stand, and the kit that proves things
  cli: [
    // How event streams are read.
    'client/event-stream',
    // What proves machines and servers is the same part that tests import.
    'testing',
    'backup',
    'audit',
    'doctor',
    'config-sources',
    'config',
    'settings',
    'durations',
    'errors',
    'closest',
    'yaml-place',
    'folders',
    'package-folder',
    'http/schemas (types)',
    'machines/time',
  ],
  ui: [],
  // what others program against: any runtime that has fetch
  client: ['http/schemas (types)'],
  // edge
  http: [
    'supervisor/api',
    'supervisor/watching-api (types)',
    'supervisor/audit-port (types)',
    'supervisor/ports (types)',
    'machines',
    'durations',
    'schedule',
    'idle-after',
    'closest',
    'errors',
  ],
  inspect: ['machines', 'errors'],
  diagrams: ['machines', 'inspect'],
  // The simulator runs the real core over hands of memory.
  testing: ['machines', 'supervisor', 'reconcile', 'audit/chain', 'durations', 'errors'],
  // core
  supervisor: ['machines', 'schedule', 'idle-after', 'errors'],
  reconcile: ['machines', 'errors'],
  // decision
  machines: [],
  // hands
  store: ['machines (types)', 'machines/time', 'audit/chain', 'errors'],
  // the chain of who did what, and its verification: by the store, by backups, and by whoever has the file
  audit: ['errors'],
  runtimes: ['machines (types)', 'errors', 'folders'],
  plugins: ['machines (types)', 'git-token-name', 'errors', 'folders'],
  secrets: ['machines (types)', 'errors'],
  telemetry: [],
  // tells people what happened: decides with the journal, and is its own hands
  notify: ['machines', 'errors', 'supervisor/ports (types)', 'supervisor/outbox-port (types)'],
  // one file of all that a new box needs
  backup: ['store/migrations', 'store/secrets', 'audit', 'secrets', 'folders', 'errors'],
  // looks at all that the others keep, and has to read it as they do
  doctor: [
    'machines',
    'store',
    'secrets',
    'plugins',
    'backup',
    'audit',
    'startup/templates',
    'runtimes/docker/engine',
    'runtimes/read-log',
    'http/wire/read-policy',
    'supervisor/restore',
    'supervisor/why',
    'config',
    'config-sources',
    'errors',
    'folders',
  ],
  // what main needs to begin
  startup: [
    'config (types)',
    'runtimes',
    'schedule',
    'idle-after',
    'supervisor/ports (types)',
    'machines (types)',
    'closest',
    'yaml-place',
    'errors',
    'folders',
  ],
  // ground
  config: [
    'config-sources',
    'settings',
    'git-token-name',
    'durations',
    'closest',
    'machines',
    'folders',
    'errors',
  ],
  'config-sources': ['settings', 'git-token-name', 'durations', 'closest', 'folders', 'errors'],
  settings: ['durations', 'machines', 'notify-targets', 'package-folder'],
  // npm runs it around packing
  'pack-manifest': [],
  'package-folder': [],
  'notify-targets': [],
  durations: ['machines (types)', 'errors'],
  closest: [],
  'git-token-name': [],
  schedule: ['machines (types)', 'idle-after (types)'],
  'idle-after': ['machines', 'durations'],
  'yaml-place': [],
  folders: [],
  errors: [],
};

/** npm packages that a part may use, where that says what the part is for. */
const PACKAGES: Record<string, RegExp> = {
  machines: /^xstate$/,
  inspect: /^(xstate|elkjs|node:(module|worker_threads))$/,
  // The bundler's configuration is Node's; the rest is what a browser runs.
  ui: /^(preact(\/hooks)?|@preact\/signals|vite|node:(fs|path|zlib))$/,
  client: /^typebox$/,
  errors: /^$/,
  folders: /^$/,
  closest: /^$/,
  'git-token-name': /^$/,
  'yaml-place': /^yaml$/,
  'notify-targets': /^yaml$/,
};

/** What installs plugins wherever they are: pure decisions, and the hands that touch nothing but their folder. */
const INSTALLING =
  /^(src\/plugins\/(tree-store|limits|archive\/tar-entries|sets\/plugin-sets)|machines\/(reconcile|workspace)\/\w+)\.ts$/;

/** What a browser runs as it is. `test/testing/memory/without-node.test.ts` bundles it and lets it run there. */
const NEEDS_NOTHING =
  /^(machines\/|src\/(supervisor|reconcile|testing\/(memory|simulate|paths)|client)\/|src\/(errors|durations|idle-after|schedule|audit\/chain)\.ts$)/;
/** Node's own clock, and what takes Node's way of giving way where there is one. */
const TURNS = ['src/supervisor/clock.ts', 'src/testing/memory/next-turn.ts'];
/** Packages that need nothing of Node either. */
const OF_THE_WEB = /^(xstate(\/graph)?|croner|fast-check|ms|p-limit|tinyqueue|typebox(\/compile)?)$/;

type Import = { from: string; to: string; types: boolean };

const filesUnder = (folder: string): string[] =>
  readdirSync(join(REPO, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name));

const sources = [...filesUnder('machines'), ...filesUnder('src')];

const importsOf = (file: string): Import[] => {
  const text = readFileSync(join(REPO, file), 'utf8');
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?([^'"`;]*?)\s*from\s+'([^']+)'|\bimport\('([^']+)'\)|^import\s+'([^']+)'/gm,
  );
  return [...statements].map(([, typeOnly, names = '', from, dynamic, bare]) => {
    const named =
      /\{([^}]*)\}/
        .exec(names)?.[1]
        ?.split(',')
        .filter((name) => name.trim() !== '') ?? [];
    const allTypes =
      !/^[A-Za-z*]/.test(names) && named.length > 0 && named.every((name) => /^\s*type\s/.test(name));
    return { from: file, to: (from ?? dynamic ?? bare) as string, types: typeOnly !== undefined || allTypes };
  });
};

/** `src/http/app.ts` is of `http`, `machines/x/y.ts` of `machines`, `src/errors.ts` of `errors`. */
const partOf = (file: string): string => {
  const [top, second] = file.split('/') as [string, string?];
  return top === 'src' ? (second ?? '').replace(/\.tsx?$/, '') : top;
};

const allImports = sources.flatMap(importsOf);
const ownImports = allImports
  .filter(({ to }) => to.startsWith('.'))
  .map((one) => ({ ...one, to: relative(REPO, resolve(REPO, dirname(one.from), one.to)) }));

const isAllowed = ({ from, to, types }: Import): boolean => {
  const part = partOf(from);
  if (partOf(to) === part) return true;
  return (MAY_IMPORT[part] ?? []).some((rule) => {
    const [, path, typesOnly] = /^(\S+)( \(types\))?$/.exec(rule) as unknown as [string, string, string?];
    if (typesOnly !== undefined && !types) return false;
    const place = path.startsWith('machines') ? path : `src/${path}`;
    return to === `${place}.ts` || to.startsWith(`${place}/`);
  });
};

describe('the parts of the program', () => {
  it('are all in the table of who may import whom', () => {
    const parts = new Set(sources.map(partOf));
    expect([...parts].filter((part) => part !== 'main' && !(part in MAY_IMPORT))).toEqual([]);
  });

  it('import only what the table allows', () => {
    const refused = ownImports
      .filter(({ from }) => partOf(from) !== 'main')
      .filter((one) => !isAllowed(one))
      // An agent elsewhere installs its plugins itself, with the very checks, hashes and switch that the server uses.
      .filter(({ from, to }) => !(from.startsWith('src/cli/agent/') && INSTALLING.test(to)))
      // Running the supervisor is the one thing that the command line does without HTTP.
      .filter(({ from, to }) => !(from === 'src/cli/commands/up.ts' && to === 'src/main.ts'));
    expect(refused.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('use only the packages that their purpose allows', () => {
    const refused = allImports.filter(({ from, to }) => {
      const allowed = PACKAGES[partOf(from)];
      return (
        !to.startsWith('.') &&
        allowed !== undefined &&
        !allowed.test(to) &&
        !(partOf(from) === 'folders' && to === 'node:path')
      );
    });
    expect(refused.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  it('have no cycles between files', () => {
    const graph = Map.groupBy(
      ownImports.filter(({ types }) => !types),
      ({ from }) => from,
    );
    const finished = new Set<string>();
    const walk = (file: string, trail: string[]): string[] | null => {
      if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
      if (finished.has(file)) return null;
      for (const { to } of graph.get(file) ?? []) {
        const cycle = walk(to, [...trail, file]);
        if (cycle !== null) return cycle;
      }
      finished.add(file);
      return null;
    };
    expect(sources.map((file) => walk(file, [])).filter((cycle) => cycle !== null)).toEqual([]);
  });

  it('are without Node where they decide, and where that is tried out: a browser runs them too', () => {
    const offenders = allImports.filter(
      ({ from, to, types }) =>
        NEEDS_NOTHING.test(from) && !types && !to.startsWith('.') && !OF_THE_WEB.test(to),
    );
    expect(offenders.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
    const globals = sources
      .filter((file) => NEEDS_NOTHING.test(file) && !TURNS.includes(file))
      .filter((file) =>
        /(?<![\w.])(Buffer|process|setImmediate|__dirname)\b(?!['\w]*:)\s*[.(]/.test(withoutComments(file)),
      );
    expect(globals).toEqual([]);
  });

  it('leave the environment to the configuration', () => {
    const readers = sources.filter((file) => /process\.env\b/.test(withoutComments(file)));
    expect(readers).toEqual(['src/config.ts']);
  });

  it('take time and chance from what main passes in', () => {
    const offenders = [
      ...filesUnder('machines'),
      ...filesUnder('src/supervisor'),
      ...filesUnder('src/reconcile'),
      ...sources.filter((file) => /^src\/testing\/(memory|simulate|paths)\//.test(file)),
    ].filter(
      (file) =>
        file !== 'src/supervisor/clock.ts' &&
        /Date\.now\(|new Date\(\)|Math\.random|randomBytes|randomUUID/.test(withoutComments(file)),
    );
    expect(offenders).toEqual([]);
  });

  it('are in files that one can hold in one head', () => {
    const long = sources.filter((file) => readFileSync(join(REPO, file), 'utf8').split('\n').length > 350);
    // A statechart is read as a whole.
    expect(long).toEqual(['machines/workspace/workspace.machine.ts']);
  });
});

const withoutComments = (file: string): string =>
  readFileSync(join(REPO, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
