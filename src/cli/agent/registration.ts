import type { RegistryClient } from './registry-client.ts';
import type { TokenSource } from './token-source.ts';

export type Registration = {
  /** Registers if that is due. Call it before each beat; `heard` says whether the last beat was accepted. */
  ensure(heard: boolean, signal: AbortSignal): Promise<void>;
};

/**
 * Tells the server once where the agent is and what it can do.
 *
 * A failure is never more than a line in the log: it is tried again when the server was heard, or, without a
 * token to beat with, before each beat. What the server refuses for good is not asked again. A token in the
 * reply is kept.
 */
export const createRegistration = (options: {
  client: RegistryClient;
  tokens: TokenSource;
  body: Record<string, unknown>;
  log: (line: string) => void;
}): Registration => {
  const { client, tokens, body, log } = options;
  let done = false;
  let tries = 0;

  return {
    async ensure(heard, signal) {
      if (done || (tries > 0 && !heard && tokens.current() !== null)) return;
      tries += 1;
      const answer = await client.register(body, signal);
      if (answer.kind === 'accepted') {
        done = true;
        if (typeof answer.body.auth_token === 'string') await tokens.keep(answer.body.auth_token);
        log('registered');
        return;
      }
      done = answer.kind === 'dismissed' || answer.final;
      if (tries > 1 && !done) return;
      const problem = answer.kind === 'dismissed' ? answer.why : answer.problem;
      log(`registering failed (${problem}); ${done ? 'beating without it' : 'it is tried again'}`);
    },
  };
};
