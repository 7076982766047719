import type { CaughtDefect } from '../defect.ts';

/** What may go wrong with who may do what, and with what only some may know. */
export const OF_ACCESS: readonly CaughtDefect[] = [
  {
    id: 'hash-taken-for-token',
    title: 'Whoever has read a hash in the database is let in with it as with the token.',
    edits: [
      {
        file: 'src/supervisor/tokens.ts',
        find: `const row = byHash.get(hash);
      if`,
        replace: `const row = byHash.get(hash) ?? byHash.get(token);
      if`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/tokens.test.ts',
      title: 'says whom it stands for, and its hash, which is in the database, says nothing',
    },
  },
  {
    id: 'token-outlives-workspace',
    title: 'The token of a removed workspace still says whom it stands for.',
    edits: [
      {
        file: 'src/supervisor/supervisor.ts',
        find: `    tokens.forget(entry.id);
`,
        replace: ``,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/removal.test.ts',
      title: 'is worth nothing once its workspace is removed',
    },
  },
  {
    id: 'other-workspace-may-beat',
    title: 'The token of one workspace may speak for every other.',
    edits: [
      {
        file: 'src/http/identify-agent.ts',
        find: `if (isOther || identity.kind === 'viewer' || identity.kind === 'relay') throw forbidden(identity);`,
        replace: `if (identity.kind === 'viewer' || identity.kind === 'relay') throw forbidden(identity);`,
      },
    ],
    caughtBy: {
      file: 'test/http/agents.test.ts',
      title: 'for another workspace is refused, whether that exists or not',
    },
  },
  {
    id: 'viewer-may-change',
    title: 'A viewer token may do all that it may look at.',
    edits: [
      {
        file: 'src/http/auth.ts',
        find: `      if (identity.kind === 'viewer') return isReading(request);
`,
        replace: `      if (identity.kind === 'viewer') return true;
`,
      },
    ],
    caughtBy: {
      file: 'test/http/viewers.test.ts',
      title: 'is refused every change, and told whose token it takes',
    },
  },
  {
    id: 'row-sent-twice',
    title: 'A stream that goes on after an interruption repeats the row that was seen last.',
    edits: [
      {
        file: 'src/http/follow-journal.ts',
        find: `let position = Math.min(after, supervisor.lastSeq());`,
        replace: `let position = Math.min(Math.max(0, after - 1), supervisor.lastSeq());`,
      },
    ],
    caughtBy: {
      file: 'test/http/events.test.ts',
      title:
        'catches up from Last-Event-ID over many pages and then goes on live, each row once and in order',
    },
  },
  {
    id: 'source-token-in-environment',
    title: 'Every agent is handed the credentials of plugin sources.',
    edits: [
      {
        file: 'src/supervisor/secret-keeper.ts',
        find: `    [...of(workspaceId).values()]
      .filter(({ name }) => !SOURCE_TOKEN.test(name))
      .map((row)`,
        replace: `    [...of(workspaceId).values()]
      .map((row)`,
      },
    ],
    caughtBy: { file: 'test/supervisor/secrets.test.ts', title: 'for plugin sources reach no agent' },
  },
];
