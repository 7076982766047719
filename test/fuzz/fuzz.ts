import fc from 'fast-check';
import { type Operation, operationsOf } from './document.ts';
import { type FuzzAnswer, judge } from './judge.ts';
import { type FuzzRequest, requestsOf, type World } from './requests.ts';

/** How often each operation answered with each status. */
export type Tally = Map<string, Map<number, number>>;

type Options = {
  url: string;
  world: World;
  seed: number;
  /** How long to go on. */
  forMs: number;
  tally?: Tally;
};

/** An answer that does not come is a failure too. */
const ANSWER_WITHIN_MS = 15_000;
/** Of an answer without an end, the head is looked at. */
const IS_ENDLESS = /\/(live|fleet|logs|events|history)$/;

/**
 * Sends requests made of the server's own OpenAPI document, good ones and broken ones, and judges every answer by it.
 *
 * Rejects with the first answer that is a 5xx, is not in the document, or refuses without saying why; the message has the
 * request and the seed with which it comes again.
 */
export const fuzz = async ({ url, world, seed, forMs, tally = new Map() }: Options): Promise<Tally> => {
  const document = await (await fetch(`${url}/openapi.json`)).json();
  const operations = operationsOf(document as Parameters<typeof operationsOf>[0]);
  const requests = fc.oneof(...operations.map((operation) => requestsOf(operation, world)));
  const property = fc.asyncProperty(requests, async (request) => {
    const answer = await send(url, request);
    count(tally, request.operation, answer.status);
    const problem = judge(request, answer);
    if (problem !== null) throw new Error(`${problem}\n${told(request)}\n${answer.text.slice(0, 500)}`);
  });
  // What is there changes with every request: a smaller one would not find what the first one found.
  const { failed, errorInstance, numRuns } = await fc.check(property, {
    seed,
    numRuns: Number.MAX_SAFE_INTEGER,
    interruptAfterTimeLimit: forMs,
    endOnFailure: true,
  });
  if (failed) {
    const problem = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
    throw new Error(`Request ${numRuns} with seed ${seed}: ${problem}`, { cause: errorInstance });
  }
  return tally;
};

const send = async (url: string, { method, path, headers, body }: FuzzRequest): Promise<FuzzAnswer> => {
  const gone = new AbortController();
  const response = await fetch(url + path, {
    method,
    headers,
    ...(body === undefined || method === 'GET' || method === 'HEAD' ? {} : { body }),
    signal: AbortSignal.any([gone.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
  });
  const type = response.headers.get('content-type') ?? '';
  const isEndless = response.ok && IS_ENDLESS.test(path.split('?')[0] ?? '') && !type.includes('json');
  const text = isEndless ? '' : await response.text();
  gone.abort();
  return { status: response.status, type, text };
};

const count = (tally: Tally, { method, path }: Operation, status: number): void => {
  const place = `${method} ${path}`;
  const statuses = tally.get(place) ?? new Map<number, number>();
  tally.set(place, statuses.set(status, (statuses.get(status) ?? 0) + 1));
};

const told = ({ method, path, headers: { authorization, ...headers }, body }: FuzzRequest): string =>
  `${method} ${path} ${JSON.stringify(headers)} ${authorization === undefined ? 'no token' : ''} ${body?.slice(0, 2_000) ?? ''}`;
