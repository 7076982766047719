import { CliError } from './cli-error.ts';
import { count } from './humanise.ts';
import type { WireBlocked, WireView } from './wire.ts';

/** Causes that often pass by themselves, and after how many tries nobody should wait for that any longer. */
const PASSING = ['PLUGIN_FETCH_FAILED', 'PLUGIN_FETCH_TIMEOUT', 'PLUGIN_CACHE_DAMAGED'];
const PATIENT_TRIES = 3;

/**
 * Whether a workspace has arrived where a command wanted it, or will not get there by itself. Null: not yet.
 *
 * @param generation The generation that the command made; an older one does not count as arrived.
 */
export const judge = (view: WireView, generation: number): 'settled' | CliError | null => {
  const { name, state, status, reason, plugins } = view;
  if (status === 'removed') return ended(view, `${name} was removed.`);
  if (state.startsWith('resting.')) return ended(view, `${name} was put to rest: it is ${status}.`);
  if (status === 'failed') return ended(view, `${name} failed: ${reason?.message ?? 'no reason is given'}`);
  if (view.restart_pending) return null;
  if (state === 'wanted.online.blocked') {
    if (plugins.blocked.length > 0 && plugins.blocked.every(mayPass)) return null;
    const which = count(plugins.blocked.length, 'plugin');
    const why = plugins.blocked[0]?.message ?? reason?.message ?? 'no reason is given';
    return ended(
      view,
      plugins.blocked.length > 0
        ? `${name} is online without ${which}: ${why}`
        : `${name} is blocked: ${why}`,
    );
  }
  if (state !== 'wanted.online.converged' || view.observed_generation < generation) return null;
  if (reason?.code === 'restart-declined') return ended(view, reason.message);
  return plugins.failed === 0 ? 'settled' : null;
};

/** What somebody has to do elsewhere before a workspace can settle; null when it settles by itself. */
export const waitsForSomebody = ({ runtime, status, restart_pending }: WireView): string | null => {
  if (runtime !== 'external') return null;
  if (status === 'awaiting_agent') return 'its agent runs elsewhere: start it there';
  return restart_pending ? 'its agent runs elsewhere: restart it there, so that it loads its plugins' : null;
};

const mayPass = ({ code, attempt }: WireBlocked): boolean =>
  PASSING.includes(code) && attempt < PATIENT_TRIES;

const ended = ({ name, reason, plugins: { blocked } }: WireView, message: string): CliError =>
  new CliError(message, {
    code: blocked[0]?.code ?? reason?.code ?? 'NOT_SETTLED',
    hint: reason?.hint ?? `\`keepwell why ${name}\` says more.`,
    ...(blocked.length > 0
      ? { details: blocked.map(({ name, code, message }) => ({ path: name, code, message })) }
      : {}),
  });
