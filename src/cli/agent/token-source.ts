import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export type TokenSource = {
  /** The token in use; null when there is none. */
  current(): string | null;
  /** Reads the file again. True when it holds another token than the one in use, which is used from then on. */
  reread(): Promise<boolean>;
  /** Uses a token that the server handed out, and writes it to the file (mode 0600) for the next start. */
  keep(token: string): Promise<void>;
};

/**
 * The token of a workspace: as given, else from `file`, which is where a new one is found later.
 *
 * A missing or unreadable file is the same as no token. Nothing here ever throws or logs a token.
 */
export const openTokenSource = async (options: {
  token: string | undefined;
  file: string;
  log: (line: string) => void;
}): Promise<TokenSource> => {
  const { file, log } = options;
  let inUse = usable(options.token) ?? (await readToken(file));

  return {
    current: () => inUse,
    async reread() {
      const found = await readToken(file);
      if (found === null || found === inUse) return false;
      inUse = found;
      return true;
    },
    async keep(token) {
      inUse = usable(token) ?? inUse;
      if (inUse !== token) return;
      try {
        await mkdir(dirname(file), { recursive: true });
        await writeFile(`${file}.new`, `${token}\n`, { mode: 0o600 });
        await rename(`${file}.new`, file);
      } catch {
        log(`the token could not be written to ${file}; it is lost when this process ends`);
      }
    },
  };
};

const readToken = async (file: string): Promise<string | null> => {
  try {
    return usable(await readFile(file, 'utf8'));
  } catch {
    return null;
  }
};

// A header value that fetch refuses would be quoted in its error, and so in our log.
const usable = (text: string | undefined): string | null => {
  const token = text?.trim() ?? '';
  return /^[\x21-\x7e]+$/.test(token) ? token : null;
};
