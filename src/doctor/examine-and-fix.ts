import { count, type Examined, examine, type Fixed, fixAll } from './examine.ts';
import { type InstallationOptions, openInstallation, type Running } from './installation.ts';

export type Diagnosis = {
  data: string;
  running: Running | null;
  /** As things are now: after the fixes, when there were any. */
  findings: Examined[];
  fixed: Fixed[];
  problems: number;
  warnings: number;
};

/** Looks at an installation; with `isToFix` does what can be done, and looks once more. Reads only, otherwise. */
export const examineAndFix = async (
  options: InstallationOptions & { isToFix: boolean },
): Promise<Diagnosis> => {
  const first = await lookOnce(options);
  if (!options.isToFix || !first.findings.some(({ fix }) => fix !== null)) return { ...first, fixed: [] };
  const fixed = await fixAll(first.findings);
  return { ...(await lookOnce(options)), fixed };
};

const lookOnce = async (options: InstallationOptions): Promise<Omit<Diagnosis, 'fixed'>> => {
  const installation = openInstallation(options);
  try {
    const findings = await examine(installation);
    const { folders, running } = installation;
    return {
      data: folders.root,
      running,
      findings,
      problems: count(findings, 'problem'),
      warnings: count(findings, 'warning'),
    };
  } finally {
    installation.close();
  }
};
