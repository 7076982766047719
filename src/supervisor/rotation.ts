import { KeepwellError } from '../errors.ts';
import type { Supervisor } from './api.ts';
import type { Core } from './core.ts';
import { lively } from './lively.ts';
import { viewOf } from './views.ts';

/** Other tokens for agents that are started elsewhere: no start of ours brings them a new one. */
export const rotatingSide = ({
  directory,
  runtimes,
  tokens,
  store,
  host,
  dice,
  stamp,
}: Core): Pick<Supervisor, 'rotateToken'> => ({
  async rotateToken(key, { overlapMs }) {
    const entry = lively(directory.get(key));
    if (runtimes[entry.spec.runtime]?.owned !== false) throw startedHere(entry.spec.name);
    const { at } = stamp();
    const authToken = dice.token();
    const row = {
      hash: tokens.hashOf(authToken),
      workspaceId: entry.id,
      incarnation: null,
      createdAt: at,
      expiresAt: null,
    };
    await store.rotateToken(row, at + overlapMs);
    // It may have been removed meanwhile, and its tokens with it.
    lively(entry);
    tokens.rotate(row, at + overlapMs);
    host.note(entry, 'token.rotated', { oldUntil: at + overlapMs });
    return { view: viewOf(entry), authToken };
  },
});

const startedHere = (name: string) =>
  new KeepwellError('STATE_CONFLICT', {
    message: `The agent of ${name} is started by Keepwell, and gets a new token at each start.`,
    hint: `\`keepwell restart ${name}\` gives it one.`,
  });
