import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Beside what the agent sees. Holds the name of the template whose files are all there. */
const MARK = 'placed-template';

/**
 * Places a template's files in a workspace unless that was completed before. An interruption at any moment means that
 * it is done again.
 *
 * @param root The workspace's folder; `place` makes it.
 */
export const placeOnce = async (
  root: string,
  template: string,
  place: () => Promise<void>,
): Promise<void> => {
  const mark = join(root, MARK);
  const placed = await readFile(mark, 'utf8').catch(() => null);
  if (placed === template) return;
  await place();
  await writeFile(`${mark}.new`, template, { mode: 0o600, flush: true });
  await rename(`${mark}.new`, mark);
};
