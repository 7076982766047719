import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { action, type Session } from '../session.ts';
import { VERSION } from './version.ts';

export const debugCommand = (program: Command): Command => {
  const debug = program.command('debug').summary('help somebody elsewhere to understand this installation');
  debug
    .command('bundle')
    .summary('write one archive with what is known of it, without a secret')
    .option('--out <file>', 'where (default: keepwell-debug-<moment>.tar.gz in this folder)')
    .action(action((session, { options }) => bundle(session, options.out as string | undefined)));
  return debug;
};

const bundle = async (
  { out, config, client, interrupted }: Session,
  given: string | undefined,
): Promise<void> => {
  // Only this command needs to read all that the supervisor keeps.
  const { makeBundle } = await import('../../doctor/bundle/make-bundle.ts');
  const moment = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  const file = resolve(given ?? `keepwell-debug-${moment}.tar.gz`);
  const files = await makeBundle(file, {
    data: resolve(config.data),
    version: VERSION,
    ask: {
      'health.json': () => client.get('/health'),
      'supervisor.json': () => client.get('/supervisor'),
      'workspaces-live.json': () => client.all('/workspaces'),
      'metrics.txt': async () => (await client.open('/metrics', { signal: interrupted })).text(),
    },
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new CliError(`${file} is there already.`, {
      code: 'FILE_EXISTS',
      hint: 'Name another with --out.',
    });
  });
  const { size } = await stat(file);
  out.document({ file, bytes: size, files });
  out.line(`${file} (${Math.ceil(size / 1024)} kB, ${files.length} files)`);
  out.line('Secrets were taken out of it. Read logs/ before you hand it on: agents print what they like.');
};
