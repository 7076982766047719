import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { invalid } from './issues.ts';

/** Taking every plugin away must be meant: an empty list does it only together with `allow_empty`. */
export const refuseSilentEmpty = (before: WorkspaceSpec, after: WorkspaceSpec): void => {
  if (after.plugins.length > 0 || before.plugins.length === 0 || after.allowEmpty) return;
  throw invalid([
    { path: 'plugins', message: 'would remove every plugin; say `allow_empty: true` if that is meant' },
  ]);
};
