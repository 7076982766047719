import type { Command } from 'commander';
import { humanDuration } from '../humanise.ts';
import { printable } from '../output.ts';
import { action } from '../session.ts';
import { stateStyle } from '../state-words.ts';
import { printFields } from './get.ts';

type WireHealth = {
  ready: boolean;
  problems: string[];
  notices: string[];
  store: { writable: boolean; problem: string | null; pending: number };
  workspaces: Record<string, number>;
  last_seq: number;
  uptime_seconds: number;
  version: string;
};

/** Ends with 1 when the supervisor is there but not ready, so that scripts can ask. */
export const statusCommand = (program: Command): Command =>
  program
    .command('status')
    .summary('say how the supervisor is')
    .action(
      action(async ({ client, out }) => {
        const health = await client.get<WireHealth>('/health');
        out.document({ url: client.url, ...health });
        const { ready, problems, notices, store, workspaces } = health;
        const counts = Object.entries(workspaces).filter(([, amount]) => amount > 0);
        const words = counts.map(([status, amount]) => {
          const word = status.replaceAll('_', ' ');
          return `${amount} ${out.style(stateStyle(word), word)}`;
        });
        const state = ready ? out.style('green', 'ready') : out.style('red', 'not ready');
        printFields(
          [
            ['supervisor', `${state} at ${client.url}`],
            ['version', health.version],
            ['up', humanDuration(health.uptime_seconds * 1000)],
            ...problems.map((problem): [string, string] => ['problem', printable(problem)]),
            ...notices.map((notice): [string, string] => ['notice', printable(notice)]),
            [
              'store',
              store.writable
                ? `writable, ${health.last_seq} events`
                : printable(store.problem ?? 'not writable'),
            ],
            ['workspaces', words.length > 0 ? words.join(', ') : 'none yet; `keepwell create` makes one'],
          ],
          out,
        );
        return ready ? 0 : 1;
      }),
    );
