import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { parse } from 'yaml';
import { usageError } from '../cli-error.ts';

const Text = Type.String({ minLength: 1 });
const RelayFile = Type.Object(
  {
    url: Type.Optional(Text),
    token_file: Type.Optional(Text),
    agents: Type.Array(
      Type.Object(
        {
          workspace: Text,
          command: Type.Array(Text, { minItems: 1 }),
          env: Type.Optional(Type.Record(Type.String(), Type.String())),
          token_file: Type.Optional(Text),
          plugins_dir: Type.Optional(Text),
          health_url: Type.Optional(Text),
          health_command: Type.Optional(Text),
        },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 1_000 },
    ),
  },
  { additionalProperties: false },
);
export type RelayFile = Type.Static<typeof RelayFile>;

const check = Compile(RelayFile);
const HINT = 'It holds `agents`, a list of `workspace` and `command`; `keepwell agent --help` shows one.';

/**
 * Reads which agents a relay runs; paths in it are of its own folder.
 * @throws {CliError} exit code 2, for a file that cannot be read, is not YAML, or says something else
 */
export const readRelayFile = (file: string): RelayFile => {
  const value = readYaml(file);
  const [problem] = check.Errors(value);
  if (problem !== undefined) throw wrong(file, `${problem.instancePath || '/'} ${problem.message}`);
  const read = value as RelayFile;
  const ids = read.agents.map(({ workspace }) => workspace);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw wrong(file, `the workspace ${twice} is there twice`);
  for (const { workspace, ...agent } of read.agents) {
    if (agent.plugins_dir !== undefined && agent.token_file === undefined) {
      throw wrong(
        file,
        `${workspace} has a plugins_dir, but no token_file: its plugins take a token of its own`,
      );
    }
    if (agent.health_url !== undefined && agent.health_command !== undefined) {
      throw wrong(file, `${workspace} has two health checks`);
    }
  }
  const place = <T extends { token_file?: string; plugins_dir?: string }>(given: T): T => ({
    ...given,
    ...(given.token_file === undefined ? {} : { token_file: resolve(dirname(file), given.token_file) }),
    ...(given.plugins_dir === undefined ? {} : { plugins_dir: resolve(dirname(file), given.plugins_dir) }),
  });
  return { ...place(read), agents: read.agents.map(place) };
};

const readYaml = (file: string): unknown => {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw wrong(file, (error as Error).message);
  }
};

const wrong = (file: string, what: string) => usageError(`${file} cannot be used: ${what}.`, HINT);
