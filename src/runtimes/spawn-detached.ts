import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Starts a program that outlives us: leader of its own session and process group, no pipe to us, output appended to
 * the open file `output`.
 *
 * @param command What the program is told it was called with; `program` is the file that is run.
 * @throws With what the system said. No value of `env` is in the message.
 */
export const spawnDetached = async (
  program: string,
  command: readonly string[],
  { folder, env, output }: { folder: string; env: Record<string, string>; output: number },
): Promise<ChildProcess & { pid: number }> => {
  const [name = program, ...parameters] = command;
  try {
    const child = spawn(program, parameters, {
      argv0: name,
      cwd: folder,
      env,
      detached: true,
      stdio: ['ignore', output, output],
    });
    await once(child, 'spawn');
    child.unref();
    return child as ChildProcess & { pid: number };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // oxlint-disable-next-line preserve-caught-error -- the cause holds arguments and may hold values of env
    throw new Error(`${program} could not be started: ${code ?? 'for an unknown reason'}`);
  }
};
