import { Readable } from 'node:stream';
import type { RestartPreference } from '../../../machines/workspace/spec.ts';
import { shorten } from './describe-failure.ts';
import { type Requester, readObject } from './requester.ts';

/** One plugin that the server wants to be in place. */
export type WantedPlugin = {
  name: string;
  source: string;
  revision: string | null;
  treeHash: string;
  restart: RestartPreference;
};
export type WantedSet = { generation: number; plugins: WantedPlugin[] };

export type PluginReport = {
  generation: number;
  plugins: { name: string; treeHash: string | null; problem: string | null }[];
};
export type ReportReply = { complete: boolean; generation: number };

/** The server said no. `code` is its own, or empty when something in between answered. */
export class Refused extends Error {
  readonly code: string;
  constructor(status: number, code: string, sentence: string) {
    super(shorten(`${status}${sentence === '' ? '' : `: ${sentence}`}`));
    this.code = code;
  }
}

/** Rejects with `Refused`, or with what fetch rejects with. */
export type PluginClient = {
  wanted(signal: AbortSignal): Promise<WantedSet>;
  /**
   * Hands the archive of a plugin to `take`, if its content is `treeHash`; what is installed as `present` is not sent.
   * @returns null when the server has another content by now
   */
  download<T>(
    plugin: { name: string; treeHash: string; present: string | null },
    take: (archive: Readable, signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T | null>;
  report(report: PluginReport, signal: AbortSignal): Promise<ReportReply>;
};

const DOWNLOAD_WITHIN_MS = 5 * 60_000;
/** The server reads its own copy before it answers. */
const ANSWER_WITHIN_MS = 30_000;

/** Talks to the plugin routes of one workspace. */
export const createPluginClient = (
  request: Requester,
  { workspaceId, incarnation }: { workspaceId: string; incarnation: number | undefined },
): PluginClient => {
  const base = `/workspaces/${encodeURIComponent(workspaceId)}`;

  return {
    wanted: (signal) =>
      request(
        { method: 'GET', path: `${base}/plugins/lock`, timeoutMs: ANSWER_WITHIN_MS },
        async (response) => parseWanted(await accepted(response)),
        signal,
      ),

    download: ({ name, treeHash, present }, take, outer) =>
      request(
        {
          method: 'GET',
          path: `${base}/plugins/${encodeURIComponent(name)}/download`,
          headers: present === null ? {} : { 'if-none-match': `"${present}"` },
          timeoutMs: DOWNLOAD_WITHIN_MS,
        },
        async (response, signal) => {
          if (response.status === 304) return null;
          if (!response.ok || response.body === null) throw await refusal(response);
          if (response.headers.get('etag') !== `"${treeHash}"`) return null;
          return take(Readable.fromWeb(response.body), signal);
        },
        outer,
      ),

    report: ({ generation, plugins }, signal) =>
      request(
        {
          method: 'POST',
          path: `${base}/plugin-install-report`,
          body: {
            generation,
            plugins: plugins.map(({ name, treeHash, problem }) => ({
              name,
              tree_hash: treeHash,
              status: problem === null ? 'installed' : 'failed',
              ...(problem === null ? {} : { error: problem }),
            })),
            ...(incarnation === undefined ? {} : { incarnation }),
          },
          timeoutMs: ANSWER_WITHIN_MS,
        },
        async (response) => {
          const answer = await accepted(response);
          return { complete: answer.complete === true, generation: Number(answer.generation) };
        },
        signal,
      ),
  };
};

const accepted = async (response: Response): Promise<Record<string, unknown>> => {
  if (!response.ok) throw await refusal(response);
  return readObject(response);
};

const refusal = async (response: Response): Promise<Refused> => {
  const { code, error } = await readObject(response);
  const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
  return new Refused(response.status, textOf(code), textOf(error));
};

/** Only what is used here is looked at; the rest is checked where it is used. */
const parseWanted = ({ generation, plugins }: Record<string, unknown>): WantedSet => {
  const isList = Array.isArray(plugins) && plugins.every(isWanted);
  if (!Number.isSafeInteger(generation) || !isList) throw new Error('the list of plugins cannot be read');
  return {
    generation: generation as number,
    plugins: plugins.map(({ name, source, revision, tree_hash: treeHash, restart }) => ({
      name,
      source,
      revision,
      treeHash,
      restart,
    })),
  };
};

type WireWanted = Omit<WantedPlugin, 'treeHash'> & { tree_hash: string };

const isWanted = (value: unknown): value is WireWanted => {
  const plugin = value as Partial<WireWanted> | null;
  return (
    typeof plugin?.name === 'string' &&
    typeof plugin.source === 'string' &&
    (plugin.revision === null || typeof plugin.revision === 'string') &&
    /^[0-9a-f]{64}$/.test(plugin.tree_hash ?? '') &&
    ['never', 'auto', 'always'].includes(plugin.restart ?? '')
  );
};
