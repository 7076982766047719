import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { Examined, Fixed } from '../../doctor/examine.ts';
import { type Output, printable, type Style } from '../output.ts';
import { action, type Session } from '../session.ts';
import { wrapHanging } from '../wrap-hanging.ts';

type Given = { fix?: true; backupDays: number };

/** Works on the data folder itself, whether a supervisor runs or not. Ends with 1 when there is a problem. */
export const doctorCommand = (program: Command): Command =>
  program
    .command('doctor')
    .summary('say what is wrong with this installation, and what to do about it')
    .option(
      '--fix',
      'do what can be done without losing anything; what is in the way is moved to <data>/set-aside',
    )
    .option('--backup-days <days>', 'how old the last backup may be', readDays, 7)
    .action(action((session, { options }) => doctor(session, options as Given)));

const doctor = async ({ out, config }: Session, { fix, backupDays }: Given): Promise<number> => {
  // Only this command needs to read all that the supervisor keeps.
  const { examineAndFix } = await import('../../doctor/examine-and-fix.ts');
  const result = await examineAndFix({ data: resolve(config.data), backupDays, isToFix: fix === true });
  const { running, findings, fixed, problems, warnings } = result;
  out.document({
    ...result,
    findings: findings.map(({ fix, ...finding }) => ({ ...finding, fix: fix?.says ?? null })),
  });
  printHead(out, result.data, running === null ? 'not running' : `process ${running.pid ?? 'unknown'}`);
  for (const each of fixed) printFixed(out, each);
  for (const each of findings) printFinding(out, each);
  out.line();
  out.line(summary(problems, warnings, findings, fix === true));
  return problems === 0 ? 0 : 1;
};

const VERDICT = 10;
const LEAD = 30;
const STYLES: Record<Examined['verdict'], Style> = { ok: 'green', warning: 'yellow', problem: 'red' };

const widthOf = ({ width }: Output): number => width ?? 80;

const printHead = (out: Output, data: string, supervisor: string): void => {
  out.line(`data folder  ${data}`);
  out.line(`supervisor   ${supervisor}`);
  out.line();
};

const printFinding = (out: Output, { id, verdict, message, hint, fix }: Examined): void => {
  printEntry(out, out.style(STYLES[verdict], verdict.padEnd(VERDICT)), id, message);
  for (const next of [hint, fix && `\`keepwell doctor --fix\` ${fix.says}.`]) {
    if (next !== null) printHint(out, next);
  }
};

const printFixed = (out: Output, { id, done, did }: Fixed): void => {
  const word = done ? 'fixed' : 'not fixed';
  printEntry(out, out.style(done ? 'cyan' : 'red', word.padEnd(VERDICT)), id, did);
};

const printEntry = (out: Output, verdict: string, id: string, text: string): void => {
  const [first = '', ...rest] = wrapHanging(printable(text), LEAD, widthOf(out));
  out.line(`${verdict}${id.padEnd(LEAD - VERDICT)}${first}`);
  for (const line of rest) out.line(`${' '.repeat(LEAD)}${line}`);
};

const printHint = (out: Output, text: string): void => {
  const lines = wrapHanging(printable(text), LEAD + 2, widthOf(out));
  for (const [index, line] of lines.entries()) {
    out.line(`${' '.repeat(LEAD)}${out.style('dim', `${index === 0 ? '→' : ' '} ${line}`)}`);
  }
};

const summary = (
  problems: number,
  warnings: number,
  findings: readonly Examined[],
  isFixed: boolean,
): string => {
  if (problems + warnings === 0) return 'Nothing is wrong.';
  const fixable = findings.filter(({ fix }) => fix !== null).length;
  const more = fixable > 0 && !isFixed ? `; --fix mends ${fixable}` : '';
  return `${amount(problems, 'problem')}, ${amount(warnings, 'warning')}${more}.`;
};

const amount = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

const readDays = (text: string): number => {
  const days = Number(text);
  if (/^\d+$/.test(text) && days >= 1) return days;
  throw new InvalidArgumentError('It is a whole number of days from 1.');
};
