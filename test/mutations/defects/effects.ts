import type { CaughtDefect } from '../defect.ts';

/** What may go wrong between a decision, the disk and what is done. */
export const OF_EFFECTS: readonly CaughtDefect[] = [
  {
    id: 'effect-before-commit',
    title: 'What a state asks for begins before the state is on disk.',
    edits: [
      {
        file: 'src/supervisor/effects.ts',
        find: `        await store.settled(signal);
`,
        replace: ``,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/removal.test.ts',
      title: 'stops nothing before it is on disk, and is carried out then',
    },
  },
  {
    id: 'reply-before-commit',
    title: 'An operator is answered before what they asked for is on disk.',
    edits: [
      {
        file: 'src/supervisor/actor-host.ts',
        find: `return entry.commit === before ? Promise.resolve() : entry.commit;`,
        replace: `return entry.commit === before ? Promise.resolve() : Promise.resolve();`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/removal.test.ts',
      title: 'stops nothing before it is on disk, and is carried out then',
    },
  },
  {
    id: 'removed-before-commit',
    title: 'The name of a removed workspace is free before its removal is on disk.',
    edits: [
      {
        file: 'src/supervisor/supervisor.ts',
        find: `    await store.settled();
    directory.remove(entry);`,
        replace: `    directory.remove(entry);`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/removal.test.ts',
      title: 'is not complete as long as the disk takes nothing',
    },
  },
  {
    id: 'snapshot-without-row',
    title: 'A state is stored without the journal row that led to it.',
    edits: [
      {
        file: 'src/supervisor/actor-host.ts',
        find: `journal: [{ ...transitionRow(from, snapshot, event, at), reason: reasonOf(entry) }],`,
        replace: `journal: leafOf(from.value) === leafOf(snapshot.value) ? [] : [{ ...transitionRow(from, snapshot, event, at), reason: reasonOf(entry) }],`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/journal.test.ts',
      title: 'has a row for each change, also where the state stays the same',
    },
  },
  {
    id: 'two-reconciles',
    title: 'The reconcile of an actor that died of an exception goes on beside the one of its successor.',
    edits: [
      {
        file: 'src/reconcile/step.ts',
        find: `const signal = AbortSignal.any([ofState, lifeOf(input.workspaceId)]);`,
        replace: `lifeOf(input.workspaceId);
        const signal = ofState;`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/left-states.test.ts',
      title: 'is aborted: a workspace never has two fetches at a time',
    },
  },
  {
    id: 'abort-ignored-in-stop',
    title: 'A stop that belongs to a state that was left stops the instance that was started since.',
    edits: [
      {
        file: 'src/supervisor/effects.ts',
        find: `      // The state may have been left meanwhile, and what runs now be wanted.
      signal.throwIfAborted();
`,
        replace: ``,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/left-states.test.ts',
      title: 'stops nothing any more: the instance that was started meanwhile lives',
    },
  },
  {
    id: 'abort-ignored-in-start',
    title:
      'A start that waits for its token to be on disk starts although the workspace was paused meanwhile.',
    edits: [
      {
        file: 'src/supervisor/effects.ts',
        find: `      signal.throwIfAborted();
      onToken(row, forgetBefore);`,
        replace: `      onToken(row, forgetBefore);`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/left-states.test.ts',
      title: 'starts nothing any more when its token comes to disk only after that',
    },
  },
  {
    id: 'abort-ignored-in-switch',
    title: 'A reconcile that was overtaken switches the plugins all the same.',
    edits: [
      {
        file: 'src/plugins/sets/plugin-sets.ts',
        find: `      signal.throwIfAborted();
      await symlink(paths.target(generation), draft);`,
        replace: `      await symlink(paths.target(generation), draft);`,
      },
      {
        file: 'src/plugins/sets/plugin-sets.ts',
        find: `{ keep: needed, signal }: SwitchOptions,`,
        replace: `{ keep: needed }: SwitchOptions,`,
      },
    ],
    caughtBy: {
      file: 'test/plugins/sets-activate.test.ts',
      title: 'switches nothing once its signal has aborted',
    },
  },
  {
    id: 'adopted-instance-started-twice',
    title: 'A start does not look whether the incarnation runs already.',
    edits: [
      {
        file: 'src/supervisor/effects.ts',
        find: `      if (running?.incarnation === incarnation) {
        note(entry,`,
        replace: `      if (running?.incarnation === incarnation - 1) {
        note(entry,`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/left-states.test.ts',
      title: 'starts no second instance when the first was being started as it died',
    },
  },
  {
    id: 'fault-costs-the-actor',
    title: 'A workspace whose actor threw is never rebuilt.',
    edits: [
      {
        file: 'src/supervisor/actor-host.ts',
        find: `        rebuild(entry, message);`,
        replace: `        if (entry.faults > FAULTS_UNTIL_PARKED) rebuild(entry, message);`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/left-states.test.ts',
      title: 'is aborted: a workspace never has two fetches at a time',
    },
  },
  {
    id: 'successful-409',
    title: 'What a state forbids is answered as if it had been done.',
    edits: [
      {
        file: 'src/supervisor/verbs.ts',
        find: `  if (isPossible(entry, occurrence)) return;`,
        replace: `  if (isPossible(entry, occurrence) || what === what.toLowerCase()) return;`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/operators.test.ts',
      title: 'is refused where the state has no answer to it, says what is possible, and leaves no trace',
    },
  },
  {
    id: 'if-match-ignored',
    title: 'A change is made on top of whatever generation there is, whichever it was meant for.',
    edits: [
      {
        file: 'src/supervisor/operators.ts',
        find: `if (ifGeneration !== null && ifGeneration !== entry.generation) {`,
        replace: `if (ifGeneration !== null && ifGeneration > entry.generation) {`,
      },
    ],
    caughtBy: {
      file: 'test/supervisor/operators.test.ts',
      title: 'for a generation that has passed is refused, and changes nothing',
    },
  },
  {
    id: 'idempotency-in-memory',
    title: 'A repeated create is only known for one until the supervisor is restarted.',
    edits: [
      {
        file: 'src/store/changes.ts',
        find: `      if (key !== null) idempotencyKeys.add(key);
`,
        replace: ``,
      },
      {
        file: 'src/store/changes.ts',
        find: `    const key = idempotency && { ...idempotency, response: JSON.stringify(idempotency.response) };
`,
        replace: `    void idempotency;
`,
      },
    ],
    caughtBy: {
      file: 'test/store/sqlite-store.contract.test.ts',
      contract: 'test/store/contract.ts',
      title: 'is the answer to a repeated create, for a day',
    },
  },
];
