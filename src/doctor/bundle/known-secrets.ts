import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { quietly } from '../../config-sources.ts';
import { openVault } from '../../secrets/vault.ts';
import { createSecrets } from '../../store/secrets.ts';
import type { Installation } from '../installation.ts';
import { knownWorkspaces } from '../known-workspaces.ts';

/** `complete` is false where secrets are sealed in the database that cannot be opened here, and so not be looked for. */
export type KnownSecrets = { values: string[]; complete: boolean };

/** All that this installation knows and nobody else may: keys, tokens, secrets, and the values of `env`. */
export const knownSecrets = (installation: Installation): KnownSecrets => {
  const { folders, config, database } = installation;
  const read = (path: string) => quietly(() => readFileSync(path, 'utf8')) ?? '';
  const workspaces = knownWorkspaces(installation) ?? [];
  const keys = [...read(folders.secretKey).split('\n'), ...(config.secretKey ?? '').split(',')]
    .map((key) => key.trim())
    .filter((key) => key !== '');
  const { opened, complete } = openAll(installation);
  return {
    complete: complete && (database !== null || read(folders.database) === ''),
    values: [
      read(folders.adminToken),
      config.adminToken ?? '',
      config.metricsToken ?? '',
      ...keys,
      ...keys.map((key) => Buffer.from(key, 'base64').toString('hex')),
      ...Object.values(config.gitTokens),
      ...config.notify.flatMap(({ url, secret }) => [url, secret ?? '']),
      ...secretsOfFile(read(folders.config)),
      ...opened,
      ...workspaces.flatMap(({ spec }) => Object.values(spec?.env ?? {})),
      ...workspaces.flatMap(({ spec }) => textsIn(spec?.plugins.map(({ config: given }) => given))),
      ...workspaces.map(({ id }) => read(join(folders.root, 'workspaces', id, 'configs', '.auth_token'))),
    ],
  };
};

const openAll = ({ database, folders, config }: Installation): { opened: string[]; complete: boolean } => {
  if (database === null) return { opened: [], complete: true };
  const rows = createSecrets(database).all();
  if (rows.length === 0) return { opened: [], complete: true };
  const vault = quietly(() => openVault({ file: folders.secretKey, given: config.secretKey }));
  const opened = rows.map((row) => quietly(() => vault?.open(row)));
  return {
    opened: opened.filter((value) => value !== undefined),
    complete: opened.every((value) => value !== undefined),
  };
};

/** Of a file that may make no sense as a configuration, by what its fields are called. */
const secretsOfFile = (text: string): string[] => {
  const walk = (value: unknown, isSecret: boolean): string[] => {
    if (typeof value === 'string') return isSecret ? [value] : [];
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([name, one]) =>
      walk(one, isSecret || /token|secret|passw|key|^url$/i.test(name)),
    );
  };
  return walk(
    quietly((): unknown => parseYaml(text)),
    false,
  );
};

const textsIn = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
};
