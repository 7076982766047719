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
  print(out, result.data, running === null ? 'not running' : `process ${running.pid ?? 'unknown'}`);
  for (const each of fixed) printFixed(out, each);
  for (const each of findings) printFinding(out, each);
  out.line();
  out.line(summary(problems, warnings, findings, fix === true));
  return problems === 0 ? 0 : 1;
};

const LEAD = 29;
const STYLES: Record<Examined['verdict'], Style> = { ok: 'green', warning: 'yellow', problem: 'red' };

const widthOf = ({ width }: Output): number => width ?? 80;

const print = (out: Output, data: string, supervisor: string): void => {
  out.line(`data folder  ${data}`);
  out.line(`supervisor   ${supervisor}`);
  out.line();
};

const printFinding = (out: Output, { id, verdict, message, hint, fix }: Examined): void => {
  const [first = '', ...rest] = wrapHanging(printable(message), LEAD, widthOf(out));
  out.line(`${out.style(STYLES[verdict], verdict.padEnd(9))}${id.padEnd(LEAD - 9)}${first}`);
  for (const line of rest) out.line(`${' '.repeat(LEAD)}${line}`);
  for (const next of [hint, fix && `\`keepwell doctor --fix\` ${fix.says}.`]) {
    if (next !== null) printHint(out, next);
  }
};

const printHint = (out: Output, text: string): void => {
  const lines = wrapHanging(printable(text), LEAD + 2, widthOf(out));
  lines.forEach((line, index) => {
    out.line(`${' '.repeat(LEAD)}${out.style('dim', `${index === 0 ? '→' : ' '} ${line}`)}`);
  });
};

const printFixed = (out: Output, { id, done, did }: Fixed): void => {
  const [first = '', ...rest] = wrapHanging(printable(did), LEAD, widthOf(out));
  out.line(
    `${out.style(done ? 'cyan' : 'red', (done ? 'fixed' : 'not fixed').padEnd(9))}${done ? '' : ' '}${id.padEnd(LEAD - (done ? 9 : 10))}${first}`,
  );
  for (const line of rest) out.line(`${' '.repeat(LEAD)}${line}`);
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
