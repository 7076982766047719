import type { Output } from './output.ts';
import type { WireView } from './wire.ts';

/** A workspace as the answer to its creation shows it. */
export type Created = WireView & { connection?: { env: Record<string, string> } | null };

/** Prints what an external agent needs; its token is never shown again. */
export const tellConnection = (
  { name, connection }: Pick<Created, 'name' | 'connection'>,
  out: Output,
): void => {
  if (!connection) return;
  out.line(`What the agent of ${name} needs (its token is shown this once):`);
  for (const [variable, value] of Object.entries(connection.env)) out.line(`  ${variable}=${value}`);
  out.line(
    'With those, `keepwell agent --plugins-dir <folder> -- <command>` runs it and fetches its plugins.',
  );
  out.line();
};
