import type { Command } from 'commander';
import { type Client, workspacePath } from '../client.ts';
import { EXIT } from '../exit-codes.ts';
import { followRows } from '../follow.ts';
import { createRowPrinter } from '../row-printer.ts';
import { action } from '../session.ts';
import type { WirePage, WireRow, WireView } from '../wire.ts';
import { readCount } from './wait-options.ts';

type Options = { follow?: true; workspace?: string; limit: number };

export const eventsCommand = (program: Command): Command =>
  program
    .command('events')
    .summary('show what happened to all workspaces')
    .option('-f, --follow', 'go on with each event as it happens')
    .option('--workspace <name>', 'only this one')
    .option('-n, --limit <count>', 'how many past events', readCount, 20)
    .action(
      action(async ({ client, out, interrupted }, { options }) => {
        const { follow, workspace, limit } = options as Options;
        const print = createRowPrinter(out, workspace === undefined ? createNaming(client) : null);
        const past = await readPast(client, workspace, limit);
        for (const row of past.rows) await print(row);
        if (!follow) return EXIT.ok;
        const { path, lastSeq: after } = past;
        for await (const followed of followRows(client, path, {
          after,
          signal: interrupted,
          patient: false,
        })) {
          if (followed.kind === 'row') await print(followed.row);
          else if (followed.kind === 'lost') out.notice('Connection to the supervisor lost, trying again.');
          else if (followed.again) out.notice('Connected again.');
        }
        return EXIT.interrupted;
      }),
    );

/** The latest rows, the oldest of them first, and where to go on. */
const readPast = async (client: Client, workspace: string | undefined, limit: number) => {
  if (workspace !== undefined) {
    const path = workspacePath(workspace, 'history');
    const page = await client.get<WirePage<WireRow>>(path, { order: 'desc', limit });
    return { path, rows: page.items.toReversed(), lastSeq: page.items[0]?.seq ?? 0 };
  }
  // The journal of everybody is read forwards; its last number says where the latest rows begin.
  const { last_seq } = await client.get<{ last_seq: number }>('/events', { limit: 1 });
  const after = Math.max(0, last_seq - limit);
  const rows = await client.all<WireRow>('/events', { after }, limit);
  return { path: '/events', rows, lastSeq: rows.at(-1)?.seq ?? last_seq };
};

/** The journal knows workspaces by id, people by name. A removed one has no name any more. */
const createNaming = (client: Client): ((row: WireRow) => Promise<string>) => {
  const names = new Map<string, string>();
  return async ({ workspace_id: id }) => {
    const known = names.get(id);
    if (known !== undefined) return known;
    const view = await client.get<WireView>(workspacePath(id)).catch(() => null);
    const name = view?.name ?? `…${id.slice(-6)}`;
    names.set(id, name);
    return name;
  };
};
