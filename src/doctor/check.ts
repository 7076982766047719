import type { Installation } from './installation.ts';

export type Verdict = 'ok' | 'warning' | 'problem';

/** What can be done about a finding without a person, and without losing anything. */
export type Fix = {
  /** Ends the sentence "`--fix` …". */
  says: string;
  /** Does it and says what was done. Rejects with the reason when it cannot. */
  run(): Promise<string>;
};

/** What a check found. `hint`: what to do next; `fix`: what does it by itself. */
export type Finding = { verdict: Verdict; message: string; hint: string | null; fix: Fix | null };

/** One thing to look at. It changes nothing, and gives nothing where there is nothing to say. */
export type Check = { id: string; look(installation: Installation): Promise<Finding[]> };

export const fine = (message: string): Finding => ({ verdict: 'ok', message, hint: null, fix: null });

export const warning = (message: string, hint: string, fix: Fix | null = null): Finding => ({
  verdict: 'warning',
  message,
  hint,
  fix,
});

export const problem = (message: string, hint: string, fix: Fix | null = null): Finding => ({
  verdict: 'problem',
  message,
  hint,
  fix,
});
