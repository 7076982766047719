import { basename, extname, resolve } from 'node:path';
import { MINUTE } from '../../machines/time.ts';
import { CliError } from './cli-error.ts';
import type { Client } from './client.ts';
import type { WrittenWorkspace } from './read-documents.ts';
import type { WireApplied } from './wire-plan.ts';

/** A large fleet is written in one request, and its plugins are looked at for it. */
const WITHIN_MS = 10 * MINUTE;

type Request = { set: string; prune: boolean; dryRun: boolean };

/**
 * Sends workspaces to be applied, or only to be planned. What is refused is told by the file and line it stands in.
 */
export const sendApply = async (
  client: Client,
  written: readonly WrittenWorkspace[],
  { set, prune, dryRun }: Request,
): Promise<WireApplied> => {
  const documents = written.map(({ document }) => document);
  try {
    return await client.send<WireApplied>('POST', '/apply', {
      body: { set, prune, dry_run: dryRun, documents },
      withinMs: WITHIN_MS,
    });
  } catch (error) {
    throw error instanceof CliError ? withPlaces(error, written) : error;
  }
};

/** The set that files belong to unless they are told another: the name of their folder, or of the file without its end. */
export const defaultSet = (path: string): string => {
  if (path === '-') return 'stdin';
  const name = basename(resolve(path));
  const plain = name.slice(0, name.length - extname(name).length) || name;
  const allowed = plain.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return allowed.slice(0, 100) || 'default';
};

type Detail = { path: string; message: string; document: number; name: string | null };

const withPlaces = (error: CliError, written: readonly WrittenWorkspace[]): CliError => {
  const details = Array.isArray(error.details) ? error.details.filter(isDetail) : [];
  if (details.length === 0) return error;
  const placed = details.map(({ path, message, document, name }) => {
    const field = path.split('.').slice(2).join('.');
    const said = field === '' ? message : `\`${field}\` ${message}`;
    return {
      path: `${written[document]?.where(field) ?? path}${name === null ? '' : `, ${name}`}`,
      message: said,
    };
  });
  const [first] = placed;
  const { code, exitCode } = error;
  const hint = 'Nothing was changed.';
  if (placed.length === 1 && first !== undefined)
    return new CliError(`${first.path}: ${sentence(first.message)}`, {
      code,
      exitCode,
      hint,
      details: placed,
    });
  return new CliError(`${placed.length} things are wrong with these workspaces.`, {
    code,
    exitCode,
    hint,
    details: placed,
  });
};

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

const isDetail = (detail: unknown): detail is Detail =>
  typeof detail === 'object' &&
  detail !== null &&
  'document' in detail &&
  'path' in detail &&
  'message' in detail;
