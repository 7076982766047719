import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Check, type Finding, fine, problem, warning } from '../check.ts';
import type { Installation, Running } from '../installation.ts';
import { setAside, whileStopped } from '../set-aside.ts';

export const lock: Check = {
  id: 'supervisor',
  async look(installation) {
    if (installation.running !== null) return [await lookAtRunning(installation.running)];
    return [fine('No supervisor uses the data folder.'), ...leftBehind(installation)];
  },
};

const lookAtRunning = async ({ pid, url }: Running): Promise<Finding> => {
  const who = pid === null ? 'A supervisor' : `A supervisor (process ${pid})`;
  if (url === null) {
    return warning(
      `${who} runs, but server.json does not say where: commands may not find it.`,
      'While it starts that is as it should be; otherwise start it anew. Agents go on meanwhile.',
    );
  }
  const status = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).then(
    (response) => response.status,
    (error: unknown) => (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name,
  );
  if (status === 200) return fine(`${who} runs at ${url} and is ready.`);
  return problem(
    `${who} runs at ${url}, but is not ready (${status}).`,
    '`keepwell status` says why; its log says more.',
  );
};

/** The lock itself is the kernel's and never stale; what stands beside it can be. */
const leftBehind = (installation: Installation): Finding[] => {
  const { root, lock } = installation.folders;
  const serverFile = join(root, 'server.json');
  const findings: Finding[] = [];
  if (existsSync(`${lock}.pid`)) {
    findings.push(
      warning(
        'keepwell.lock.pid names a supervisor that does not run any more: it was killed, or the machine went down.',
        'The next start replaces it.',
        {
          says: 'clears it',
          run: () => whileStopped(installation, async () => 'keepwell.lock.pid is cleared.'),
        },
      ),
    );
  }
  if (existsSync(serverFile)) {
    findings.push(
      warning(
        'server.json says where a supervisor is that does not run any more: commands look for it in vain.',
        'The next start replaces it.',
        {
          says: 'moves it aside',
          run: () =>
            whileStopped(
              installation,
              async () => `server.json is now ${await setAside(installation, serverFile)}.`,
            ),
        },
      ),
    );
  }
  return findings;
};
