import type { Supervisor } from '../../supervisor/api.ts';
import type { Change } from '../describe-change.ts';

/**
 * Adds what the secrets of a document come to. Their values cannot be compared without handing them over: one that
 * is there already may or may not change.
 */
export const withSecrets = (
  supervisor: Pick<Supervisor, 'secrets'>,
  change: Change,
  secrets: Readonly<Record<string, string>>,
): Change => {
  const names = Object.keys(secrets);
  if (names.length === 0 || change.id === null || change.action === 'conflict') return change;
  const there = new Set(supervisor.secrets(change.id).map(({ name }) => name));
  const missing = names.filter((name) => !there.has(name));
  const known = names.filter((name) => there.has(name));
  const changes = [
    ...change.changes,
    ...missing.map((name) => ({ path: `secrets.${name}`, from: null, to: 'set' })),
  ];
  const action = missing.length > 0 ? 'update' : change.action;
  const secret = (some: string[]) => (some.length === 1 ? 'secret' : 'secrets');
  if (missing.length > 0 && change.restarts !== 'yes') {
    const why = `it gets the ${secret(missing)} ${missing.join(', ')}`;
    return { ...change, action, changes, restarts: 'yes', restartWhy: why };
  }
  if (known.length > 0 && change.restarts === 'no') {
    const why = `the ${secret(known)} ${known.join(', ')} may have another value than before`;
    return { ...change, action, changes, restarts: 'possibly', restartWhy: why };
  }
  return { ...change, action, changes };
};
