import { accessSync, constants, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { type Check, fine, problem, warning } from '../check.ts';

export const dataFolder: Check = {
  id: 'data.folder',
  async look({ folders: { root }, isOurs }) {
    const found = statSync(root, { throwIfNoEntry: false });
    if (found === undefined)
      return [warning(`${root} is not there yet.`, '`keepwell up` makes it; --data names another.')];
    if (!found.isDirectory())
      return [problem(`${root} is not a folder.`, 'Move it away, or name another one with --data.')];
    if (!isOurs) {
      return [
        problem(
          `${root} belongs to user ${found.uid}, and this is ${userInfo().username} (${userInfo().uid}).`,
          `Run Keepwell and its doctor as that user: sudo -u '#${found.uid}' keepwell doctor. The database was not looked at unless it is in use.`,
        ),
      ];
    }
    const refused = denied(root);
    if (refused !== null)
      return [
        problem(`${root} cannot be written: ${refused}.`, `chmod u+rwx '${root}', or mount it writable.`),
      ];
    return [fine(`${root} is there and can be written.`)];
  },
};

const denied = (root: string): string | null => {
  try {
    accessSync(root, constants.R_OK | constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
};
