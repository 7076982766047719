import type { WorkspaceContext } from '../../machines/workspace/types.ts';
import type { Json } from './ports.ts';

type Told = { context: Pick<WorkspaceContext, 'plugins'> };

/** What of a transition people want to find in the journal by its own name. */
export const newsOf = (
  { context: now }: Told,
  { context: before }: Told,
): { event: string; details: Json }[] => {
  const { blocked, suspicion } = now.plugins;
  const isHeldAnew = suspicion.held.some(
    ({ name, why }) => !before.plugins.suspicion.held.some((one) => one.name === name && one.why === why),
  );
  const isTried = suspicion.trial.length > 0 && before.plugins.suspicion.trial.length === 0;
  return [
    ...(blocked.length > 0 && blocked !== before.plugins.blocked
      ? [{ event: 'plugins.blocked', details: { plugins: blocked } }]
      : []),
    ...(isHeldAnew ? [{ event: 'plugins.held', details: { plugins: suspicion.held } }] : []),
    ...(isTried
      ? [{ event: 'plugins.tried', details: { plugins: suspicion.trial.map(({ name }) => name) } }]
      : []),
  ];
};
