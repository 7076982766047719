import { KeepwellError } from '../errors.ts';
import type { Entry } from './entry.ts';

/** A workspace that is being removed is gone for everybody but the one who removes it. @throws `WORKSPACE_REMOVED` */
export const lively = (entry: Entry): Entry => {
  if (entry.snapshot.context.status === 'removed') throw new KeepwellError('WORKSPACE_REMOVED');
  return entry;
};
