import { execFile } from 'node:child_process';

/** What a program prints, on either stream; null when there is none of that name. @throws when it does not end in 10 s */
export const runProgram = (
  program: string,
  words: string[],
  env: Record<string, string>,
): Promise<string | null> =>
  new Promise((resolve, reject) => {
    execFile(program, words, { env, timeout: 10_000 }, (error, stdout, stderr) => {
      if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT') resolve(null);
      else if (error?.killed) reject(new Error(`${program} did not answer within 10 s.`));
      else resolve(`${stdout}${stderr}`);
    });
  });
