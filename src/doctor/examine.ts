import { KeepwellError } from '../errors.ts';
import type { Check, Finding, Verdict } from './check.ts';
import { CHECKS } from './checks.ts';
import type { Installation } from './installation.ts';

export type Examined = { id: string } & Finding;
/** What came of a fix; `did` ends with what was done, or says why it could not be. */
export type Fixed = { id: string; done: boolean; did: string };

/** Makes every check, one after the other. A check that fails is a problem of its own, and keeps no other from being made. */
export const examine = async (
  installation: Installation,
  checks: readonly Check[] = CHECKS,
): Promise<Examined[]> => {
  const examined: Examined[] = [];
  for (const { id, look } of checks) {
    const found = await look(installation).catch((error: unknown): Finding[] => [
      {
        verdict: 'problem',
        message: `This could not be looked at: ${(error as Error).message}`,
        hint:
          error instanceof KeepwellError
            ? error.hint
            : 'Run `keepwell doctor` as the user to whom the data folder belongs.',
        fix: null,
      },
    ]);
    examined.push(...found.map((finding) => ({ id, ...finding })));
  }
  return examined;
};

/** Runs every fix there is, in order. Never rejects: what cannot be fixed says why. */
export const fixAll = async (examined: readonly Examined[]): Promise<Fixed[]> => {
  const fixed: Fixed[] = [];
  for (const { id, fix } of examined) {
    if (fix === null) continue;
    try {
      fixed.push({ id, done: true, did: await fix.run() });
    } catch (error) {
      fixed.push({ id, done: false, did: (error as Error).message });
    }
  }
  return fixed;
};

export const count = (examined: readonly Examined[], wanted: Verdict): number =>
  examined.filter(({ verdict }) => verdict === wanted).length;
