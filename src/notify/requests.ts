import type { Letter } from './delivery.ts';
import type { Notice, NoticeKind } from './notice.ts';
import { signatureHeaders } from './sign.ts';
import { wordsOf } from './words.ts';

export type Receiver = {
  kind: 'webhook' | 'slack' | 'discord' | 'ntfy';
  url: string;
  secret: string | null;
};

export type Outgoing = {
  method: 'POST' | 'PATCH';
  url: string;
  headers: Record<string, string>;
  body: string;
};

const JSON_TYPE = { 'content-type': 'application/json' };
/** Discord takes 2,000 characters, ntfy 4,096 bytes. */
const MOST_CHARACTERS = 1_900;

const PRIORITY: Partial<Record<NoticeKind, number>> = {
  failed: 5,
  offline: 4,
  supervisor_hold: 4,
  recovered: 2,
};
const TAG: Record<NoticeKind, string> = {
  failed: 'rotating_light',
  offline: 'red_circle',
  degraded: 'warning',
  recovered: 'white_check_mark',
  plugins_held: 'package',
  supervisor_hold: 'ear',
  test: 'wave',
};

/**
 * A letter as its receiver wants it.
 *
 * One incident is one thread as far as a receiver permits. A webhook gets the incident's id. A Discord message is edited
 * when its incident is over. A Slack webhook tells nobody what its message is called, so nothing can be answered to it:
 * every message names its incident. An ntfy message has the incident as a tag.
 */
export const requestFor = ({ kind, url, secret }: Receiver, letter: Letter): Outgoing => {
  if (kind === 'webhook') return toWebhook(url, secret ?? '', letter);
  if (kind === 'discord') return toDiscord(url, letter);
  if (kind === 'ntfy') return toNtfy(url, secret, letter);
  return { method: 'POST', url, headers: JSON_TYPE, body: JSON.stringify(slackBody(letter)) };
};

const toWebhook = (url: string, secret: string, { id, at, notices }: Letter): Outgoing => {
  const type = notices.length === 1 ? `keepwell.${notices[0]?.kind ?? ''}` : 'keepwell.digest';
  const body = JSON.stringify({ type, id, ...wordsOf(notices), notices: notices.map(toWire) });
  const headers = signatureHeaders({ id, atSeconds: Math.floor(at / 1_000), body }, secret);
  return { method: 'POST', url, headers: { ...JSON_TYPE, ...headers }, body };
};

const toWire = ({ id, kind, incident, workspaceId, name, at, text, hint }: Notice) => ({
  id,
  kind,
  incident,
  workspace_id: workspaceId,
  workspace: name,
  at: new Date(at).toISOString(),
  text,
  hint,
});

const slackBody = ({ notices }: Letter) => {
  const { title, lines } = wordsOf(notices);
  const plain = [title, ...lines].map(escapeSlack);
  const footer = notices.length === 1 ? [`_incident ${escapeSlack(notices[0]?.incident ?? '')}_`] : [];
  return { text: [`*${plain[0] ?? ''}*`, ...plain.slice(1), ...footer].join('\n') };
};

/** These three are all that Slack asks for; whoever writes an error message must not be able to call everybody. */
const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const toDiscord = (url: string, { notices, earlier }: Letter): Outgoing => {
  const { title, lines } = wordsOf(notices);
  const content = shorten([`**${title}**`, ...lines].join('\n'));
  const body = JSON.stringify({ content, allowed_mentions: { parse: [] } });
  const isOver = notices.length === 1 && notices[0]?.kind === 'recovered';
  const { origin, pathname, searchParams } = new URL(url);
  if (isOver && earlier !== null) {
    const at = `${origin}${pathname}/messages/${encodeURIComponent(earlier)}`;
    return { method: 'PATCH', url: withQuery(at, searchParams), headers: JSON_TYPE, body };
  }
  // Only then is the message's id in the answer, by which it is edited later.
  searchParams.set('wait', 'true');
  return { method: 'POST', url: withQuery(origin + pathname, searchParams), headers: JSON_TYPE, body };
};

const withQuery = (address: string, query: URLSearchParams): string =>
  query.size === 0 ? address : `${address}?${query.toString()}`;

const toNtfy = (address: string, token: string | null, { notices }: Letter): Outgoing => {
  const url = new URL(address);
  const [, path = '', topic = ''] = /^(.*)\/([^/]+)\/?$/.exec(url.pathname) ?? [];
  const { title, lines } = wordsOf(notices);
  const kind = worstOf(notices);
  const tags = [TAG[kind], ...(notices.length === 1 ? [notices[0]?.incident ?? ''] : [])];
  const message = shorten(lines.join('\n'));
  return {
    method: 'POST',
    // As JSON it goes to the server itself; headers would not hold every letter.
    url: `${url.origin}${path}/`,
    headers: { ...JSON_TYPE, ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({
      topic: decodeURIComponent(topic),
      title,
      message,
      tags,
      priority: PRIORITY[kind] ?? 3,
    }),
  };
};

const worstOf = (notices: readonly Notice[]): NoticeKind =>
  notices.map(({ kind }) => kind).toSorted((a, b) => (PRIORITY[b] ?? 3) - (PRIORITY[a] ?? 3))[0] ?? 'test';

const shorten = (text: string): string =>
  text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS - 1)}…`;
