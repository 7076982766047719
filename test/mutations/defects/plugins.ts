import type { CaughtDefect } from '../defect.ts';

const SETS = 'src/plugins/sets/plugin-sets.ts';

/** What may go wrong with plugins: what is planned, fetched, checked, put in force. */
export const OF_PLUGINS: readonly CaughtDefect[] = [
  {
    id: 'one-failure-stops-all',
    title: 'One plugin that cannot be fetched keeps all others back.',
    edits: [
      {
        file: 'src/reconcile/fetch-missing.ts',
        find: `        if (signal.aborted) return;
        const failure`,
        replace: `        if (items.length > 1) throw error;
        const failure`,
      },
    ],
    caughtBy: {
      file: 'test/reconcile/fetch-missing.test.ts',
      title: 'costs nothing but itself when it cannot be had',
    },
  },
  {
    id: 'empty-removes-all',
    title: 'A declaration that came empty by mistake removes every plugin.',
    edits: [
      {
        file: 'machines/reconcile/plan.ts',
        find: `const mayEmpty = plugins.length > 0 || allowEmpty;`,
        replace: `const mayEmpty = plugins.length >= 0 || allowEmpty;`,
      },
    ],
    caughtBy: {
      file: 'test/machines/plan.test.ts',
      title: 'removes everything for an empty declaration only if that is allowed',
    },
  },
  {
    id: 'text-costs-a-restart',
    title: 'A change of nothing but the text of a skill restarts the agent.',
    edits: [
      {
        file: 'machines/reconcile/plan.ts',
        find: `return preference === 'always' ? before.treeHash !== now.treeHash : before.coreHash !== now.coreHash;`,
        replace: `return before.treeHash !== now.treeHash;`,
      },
    ],
    caughtBy: {
      file: 'test/machines/plan.test.ts',
      title: 'is not due while only texts of skills differ, unless the plugin always wants one',
    },
  },
  {
    id: 'restart-for-nothing',
    title: 'A reconcile that put back what was there restarts the agent.',
    edits: [
      {
        file: 'machines/reconcile/plan.ts',
        find: `  if (before === null || now === null) return true;
`,
        replace: `  if (before === null || now === null || before.treeHash === now.treeHash) return true;
`,
      },
    ],
    caughtBy: { file: 'test/machines/plan.test.ts', title: 'is not due where the same content is put back' },
  },
  {
    id: 'quarantined-comes-back',
    title: 'What is quarantined is installed again when its source offers it under another reference.',
    edits: [
      {
        file: 'src/reconcile/fetch-missing.ts',
        find: `name === plugin.name && treeHash === plugin.treeHash)) {`,
        replace: `name === plugin.name && treeHash === plugin.revision)) {`,
      },
    ],
    caughtBy: {
      file: 'test/reconcile/fetch-missing.test.ts',
      title: 'is refused when it turns out to be what is held back',
    },
  },
  {
    id: 'allow-list-not-asked-by-reconcile',
    title: 'A reconcile fetches what the workspace may not have, once it is declared.',
    edits: [
      {
        file: 'src/reconcile/fetch-missing.ts',
        find: `    if (spec.pluginAllow !== null) checkAllowed(declaration.source, spec.pluginAllow);
`,
        replace: ``,
      },
      {
        file: 'src/reconcile/fetch-missing.ts',
        find: `{ cache, note, pluginBegan, wanted, checkAllowed, signal }: Tools,`,
        replace: `{ cache, note, pluginBegan, wanted, signal }: Tools,`,
      },
    ],
    caughtBy: {
      file: 'test/reconcile/fetch-missing.test.ts',
      title:
        'is not even asked for where its workspace may not have it, whichever way it came to be declared',
    },
  },
  {
    id: 'allow-list-not-asked-by-rollback',
    title: 'A rollback brings back what the workspace may not have any more.',
    edits: [
      {
        file: 'src/reconcile/reconciler.ts',
        find: `        if (spec.pluginAllow !== null) checkAllowed(source, spec.pluginAllow);
`,
        replace: `        void spec;
`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/ways-back.test.ts',
      title: 'to what the workspace may not have any more is refused, and nothing is touched',
    },
  },
  {
    id: 'allow-list-not-asked-for-cached',
    title: 'The allow-list of the installation is asked only for what has to be fetched.',
    edits: [
      {
        file: 'src/plugins/cache.ts',
        find: `      const name = parsePluginName(declaration.name);
      const source = parseAllowed(declaration);`,
        replace: `      const name = parsePluginName(declaration.name);
      const source = parseSource(declaration.source);`,
      },
    ],
    caughtBy: {
      file: 'test/plugins/allow-list.test.ts',
      title: 'holds for looking up and for fetching, and for what is cached already',
    },
  },
  {
    id: 'declared-hash-not-compared',
    title: 'A plugin with another hash than it was declared with is installed.',
    edits: [
      {
        file: 'src/plugins/cache.ts',
        find: `if (sha256 !== undefined && sha256 !== treeHash && sha256 !== manifestHash) {`,
        replace: `if (sha256 !== undefined && sha256 !== treeHash && sha256 !== manifestHash && sha256 === '') {`,
      },
    ],
    caughtBy: { file: 'test/plugins/cache-local.test.ts', title: 'must have the declared hash' },
  },
  {
    id: 'archive-hash-not-compared',
    title: 'An archive is unpacked before its hash is compared with the declared one.',
    edits: [
      {
        file: 'src/plugins/sources/archive-reader.ts',
        find: `      const actual = await download(url, file, { ...reach, mostBytes: limits.bytes, signal });
`,
        replace: `      const actual = await download(url, file, { ...reach, mostBytes: limits.bytes, signal });
      yield* archiveEntries(file, limits);
`,
      },
      {
        file: 'src/plugins/sources/archive-reader.ts',
        find: `      yield* archiveEntries(file, limits);
    } finally {`,
        replace: `    } finally {`,
      },
    ],
    caughtBy: {
      file: 'test/plugins/hostile.test.ts',
      title: 'with another hash than it was declared with is refused before anything is unpacked',
    },
  },
  {
    id: 'half-built-set-visible',
    title: 'A set is built under its number, where it can be put in force before it is complete.',
    edits: [
      {
        file: SETS,
        find: `    const draft = paths.draft();
    try {
      await buildSet(draft, wanted`,
        replace: `    const draft = paths.folder(generation);
    try {
      await writeFileWhole(paths.lock(generation), printLock(lockOf(generation)));
      await buildSet(draft, wanted`,
      },
      {
        file: SETS,
        find: `      await rename(draft, paths.folder(generation));
`,
        replace: ``,
      },
      {
        file: SETS,
        find: `      await rm(draft, { recursive: true, force: true });
    }
    return generation;`,
        replace: `    }
    return generation;`,
      },
    ],
    caughtBy: {
      file: 'test/plugins/sets.test.ts',
      title: 'is refused for what is damaged in the cache, and leaves nothing',
    },
  },
  {
    id: 'switch-in-two-steps',
    title: 'Plugins are switched by taking the old ones away and putting the new ones there.',
    edits: [
      {
        file: SETS,
        find: `      await symlink(paths.target(generation), draft);
      await rename(draft, paths.link);`,
        replace: `      await symlink(paths.target(generation), draft);
      await rm(paths.link, { force: true });
      await rename(draft, paths.link);`,
      },
    ],
    caughtBy: {
      file: 'test/plugins/sets-activate.test.ts',
      title: 'is seen by a reader as the old set or the new one, never as none',
    },
  },
  {
    id: 'incomplete-set-activated',
    title: 'A set that is not complete is put in force.',
    edits: [
      {
        file: SETS,
        find: `      (await isFolder(paths.folder(generation))) && (await readLock(paths.lock(generation))) !== null;`,
        replace: `      (await isFolder(paths.folder(generation))) || (await readLock(paths.lock(generation))) !== null;`,
      },
    ],
    caughtBy: {
      file: 'test/plugins/sets-activate.test.ts',
      title: 'is refused for a set that is not there or not complete',
    },
  },
  {
    id: 'damaged-cache-used',
    title: 'What the cache holds is put in force without being hashed once more.',
    edits: [
      {
        file: 'src/plugins/sets/build-set.ts',
        find: `    return (await hashTree(to, options)).treeHash === treeHash;`,
        replace: `    return (await hashTree(to, options)).treeHash !== '' && treeHash !== '';`,
      },
    ],
    caughtBy: {
      file: 'test/plugins/sets.test.ts',
      title: 'is refused for what is damaged in the cache, and leaves nothing',
    },
  },
  {
    id: 'name-in-lock-believed',
    title: 'A name that an agent wrote into the lock of its set may lead out of its folder.',
    history:
      'The check of names was made where plugins come in, and not where what was written down is read.',
    edits: [
      {
        file: 'src/plugins/sets/set-lock.ts',
        find: `    isPluginName(plugin?.name ?? '') &&
`,
        replace: ``,
      },
      {
        file: 'src/plugins/sets/set-lock.ts',
        find: `import { isPluginName } from '../name.ts';
`,
        replace: ``,
      },
    ],
    caughtBy: {
      file: 'test/plugins/sets.test.ts',
      title: 'that leads out of the set is not believed: the lock makes no sense then',
    },
  },
  {
    id: 'escaped-path-accepted',
    title: 'A path that leads out once its escapes are read is taken.',
    edits: [
      {
        file: 'src/plugins/tree/tree-checks.ts',
        find: `if (leadsOut(asCarelesslyRead(path))) return`,
        replace: `if (leadsOut(path)) return`,
      },
    ],
    caughtBy: { file: 'test/plugins/hostile.test.ts', title: 'that is %s is refused in a tar' },
  },
  {
    id: 'subpath-leads-out',
    title: 'The folder in a repository that a source names may lead out of it.',
    edits: [
      {
        file: 'src/plugins/sources/git-form.ts',
        find: `subpath: subpath === undefined ? '' : parsePath(subpath),
      ref`,
        replace: `subpath: decodeURIComponent(subpath ?? ''),
      ref`,
      },
    ],
    caughtBy: { file: 'test/plugins/source.test.ts', title: 'its folder never leads out of where it is' },
  },
  {
    id: 'zip-link-accepted',
    title: 'A link in a zip is taken for a file.',
    history: 'Links were refused in tar files, and came in by zip.',
    edits: [
      {
        file: 'src/plugins/archive/zip-entries.ts',
        find: `return type === 0o120000 ? 'link' : 'other';`,
        replace: `return type === 0o120000 ? 'file' : 'other';`,
      },
    ],
    caughtBy: { file: 'test/plugins/hostile.test.ts', title: 'in a zip that holds %s is refused' },
  },
  {
    id: 'registry-link-followed',
    title: 'A folder of the registry that is a link leads anywhere on the machine.',
    edits: [
      {
        file: 'src/plugins/sources/local-reader.ts',
        find: `import { lstat } from 'node:fs/promises';`,
        replace: `import { stat as lstat } from 'node:fs/promises';`,
      },
    ],
    caughtBy: {
      file: 'test/plugins/cache-local.test.ts',
      title: 'is refused when its folder is a link out of the registry',
    },
  },
  {
    id: 'redirect-not-checked',
    title: 'A source is checked for a private address, and where it redirects to is not.',
    edits: [
      {
        file: 'src/plugins/archive/download.ts',
        find: `    const response = await ask(url, {
      ...options,`,
        replace: `    const response = await ask(url, {
      ...options,
      allowPrivateAddresses: options.allowPrivateAddresses || redirects > 0,`,
      },
    ],
    caughtBy: { file: 'test/plugins/download.test.ts', title: 'refuses a redirect to %s' },
  },
  {
    id: 'token-follows-redirect',
    title: 'The token of a host is sent to where the host redirects.',
    edits: [
      {
        file: 'src/plugins/archive/download.ts',
        find: `token: url.host === first ? options.tokenFor(first) : null,`,
        replace: `token: options.tokenFor(first),`,
      },
    ],
    caughtBy: {
      file: 'test/plugins/download.test.ts',
      title: 'sends a token to the first host and to no other',
    },
  },
  {
    id: 'credential-in-error',
    title: 'The error about a source repeats it with the password that is in it.',
    edits: [
      {
        file: 'src/plugins/sources/git-form.ts',
        find: `    throw new KeepwellError('PLUGIN_SOURCE_CREDENTIALS');
  return { user`,
        replace: `    throw new KeepwellError('PLUGIN_SOURCE_CREDENTIALS', { message: \`\${text} has a password.\` });
  return { user`,
      },
    ],
    caughtBy: {
      file: 'test/plugins/source.test.ts',
      title: 'does not repeat a secret in the error about it',
    },
  },
];
