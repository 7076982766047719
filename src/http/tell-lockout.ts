import type { DurationMs } from '../../machines/time.ts';
import type { HttpOptions } from './options.ts';

const NOBODY = { kind: 'nobody', via: null, id: null, name: null } as const;

/** Writes into the log and the audit that an address is locked out. Nobody waits for it. */
export const tellLockout =
  ({ audit, logger, now }: Pick<HttpOptions, 'audit' | 'logger' | 'now'>) =>
  (address: string, { forMs, tries }: { forMs: DurationMs; tries: number }): void => {
    const seconds = Math.ceil(forMs / 1_000);
    if (logger !== false)
      logger.warn({ address, seconds, tries }, 'an address is locked out: it guesses tokens');
    const act = {
      who: NOBODY,
      from: address,
      what: 'lockout.began',
      workspace: null,
      request: null,
      status: null,
      code: null,
      details: { seconds, tries },
    };
    // Without a disk that takes it, it waits for one.
    audit?.appendAudit({ at: now(), act, answers: null }).catch(() => undefined);
  };
