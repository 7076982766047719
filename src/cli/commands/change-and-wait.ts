import { workspacePath } from '../client.ts';
import type { Session } from '../session.ts';
import { lastRow, waitUntilSettled } from '../wait.ts';
import type { WireView } from '../wire.ts';
import type { WaitOptions } from './wait-options.ts';

/** Makes a change, says so, and if that was asked for follows the workspace until it is settled. */
export const changeAndWait = async (
  { client, out }: Session,
  key: string,
  change: () => Promise<unknown>,
  done: string,
  { wait, timeout }: WaitOptions,
): Promise<void> => {
  const after = wait ? await lastRow(client, key) : 0;
  const answer = await change();
  out.document(answer, { streaming: wait === true });
  out.line(done);
  if (!wait) return;
  const view = await client.get<WireView>(workspacePath(key));
  await waitUntilSettled({ client, out, view, after, withinMs: timeout });
};
