import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { type KeptPlace, parsePlace, placeText } from '../../audit/chain.ts';
import { verifyAuditIn } from '../../audit/read-chain.ts';
import { auditHeadsOfBackups } from '../../backup/audit-heads.ts';
import { dataFolders } from '../../folders.ts';
import { CliError } from '../cli-error.ts';
import { count, humanTime } from '../humanise.ts';
import { printable } from '../output.ts';
import { action, type Session } from '../session.ts';

type Row = {
  seq: number;
  at: string;
  who: { kind: string; via: string | null; id: string | null; name: string | null };
  from: string | null;
  what: string;
  workspace: { id: string; name: string | null } | null;
  status: number | null;
  code: string | null;
};
type Filters = { who?: string; workspace?: string; since?: string; refused?: true; last: number };

export const auditCommand = (program: Command): Command => {
  const audit = program.command('audit').summary('who did what, in a chain that shows when it was broken');
  audit
    .command('ls', { isDefault: true })
    .summary('the latest, the newest last')
    .option('--who <who>', 'admin, viewer, relay, workspace, or the name or id of a token')
    .option('--workspace <workspace>', 'name or id')
    .option('--since <duration>', 'how far back, like 24h')
    .option('--refused', 'only what was refused')
    .option('-n, --last <rows>', 'so many', readCount, 50)
    .action(action((session, { options }) => list(session, options as Filters)));
  audit
    .command('verify')
    .summary('look whether the chain is whole, whether or not the supervisor runs')
    .option('--head <place>', 'an end that was kept elsewhere; may be repeated', readHead)
    .addHelpText(
      'after',
      `
Reads the database of --data. Prints the end of the chain: kept elsewhere, and given as --head later, it
tells of rows that were cut off at the end. The ends that backups in <data>/backups hold are looked at too.`,
    )
    .action(action((session, { options }) => verify(session, (options.head ?? []) as KeptPlace[])));
  return audit;
};

const list = async ({ client, out }: Session, { last, ...filters }: Filters): Promise<void> => {
  const rows = await client.all<Row>('/audit', filters, last);
  out.document({ items: rows });
  if (rows.length === 0) return out.line('Nothing of that kind is in the audit.');
  const now = Date.now();
  out.table(
    [
      { title: 'ROW' },
      { title: 'WHEN' },
      { title: 'WHO' },
      { title: 'FROM' },
      { title: 'ANSWER' },
      { title: 'WHAT', flexible: true },
    ],
    rows
      .toReversed()
      .map(({ seq, at, who, from, status, code, what, workspace }) => [
        String(seq),
        humanTime(at, now),
        `${who.name ?? who.kind}${who.via === 'session' ? ' (page)' : ''}`,
        from ?? '–',
        code === null ? String(status ?? 'none') : `${status} ${code}`,
        printable(`${what}${workspace?.name ? ` (${workspace.name})` : ''}`),
      ]),
  );
};

/** @throws {CliError} `AUDIT_BROKEN`, exit code 1 */
const verify = async ({ out, config }: Session, heads: readonly KeptPlace[]): Promise<void> => {
  const folders = dataFolders(resolve(config.data));
  const kept = [...heads, ...(await auditHeadsOfBackups(folders.root))];
  const { rows, anchor, head, faults } = verifyAuditIn(folders.database, kept);
  out.document({ whole: faults.length === 0, rows, anchor, head, faults, compared: kept });
  if (faults.length > 0) {
    throw new CliError(
      `The audit is broken: ${faults[0]?.problem}${faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''}.`,
      {
        code: 'AUDIT_BROKEN',
        hint: 'Compare with a backup from before; `keepwell backup ls` lists them.',
        details: faults.map(({ seq, problem }) => ({ path: `row ${seq}`, message: problem })),
      },
    );
  }
  out.line(`The audit is whole: ${count(rows, 'row')}${anchor.seq > 0 ? ` after row ${anchor.seq}` : ''}.`);
  if (kept.length > 0)
    out.line(
      `It leads through ${count(kept.length, 'end')} that ${kept.length === 1 ? 'was' : 'were'} kept elsewhere.`,
    );
  out.line(`Its end, to be kept elsewhere: ${placeText(head)}`);
};

const readHead = (text: string, before: KeptPlace[] = []): KeptPlace[] => {
  const place = parsePlace(text);
  if (place === null)
    throw new InvalidArgumentError('It is written as `verify` prints it: a row, a colon, a hash.');
  return [...before, { ...place, from: 'the end that was given' }];
};

const readCount = (text: string): number => {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number, at least 1.');
};
