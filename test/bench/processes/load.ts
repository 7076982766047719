/**
 * Beats against one server after another: each of the connections sends the beat of a random workspace, waits for
 * the answer and sends the next. Requests are made once and sent as they are, so that this costs less than a server.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createHistogram } from 'node:perf_hooks';
import type { Fleet } from '../fleet.ts';

export type LoadOrder = { port: number; forMs: number };
export type LoadResult = {
  beats: number;
  /** Answers other than 200. */
  refused: number;
  elapsedMs: number;
  p50Ms: number;
  p99Ms: number;
};

const CONNECTIONS = 64;
const HEAD_END = Buffer.from('\r\n\r\n');

const { workspaces } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Fleet;

const requests = workspaces.map(({ id, token }, n) => {
  const body = JSON.stringify({
    workspace_id: id,
    error_rate: 0.01,
    sample_error: '',
    active_tasks: n % 4,
    current_task: 'Write the brief for the autumn campaign',
    uptime_seconds: 3_600 + n,
    runtime_metadata: { capabilities: { status_mgmt: false } },
  });
  return Buffer.from(
    [
      'POST /registry/heartbeat HTTP/1.1',
      'Host: 127.0.0.1',
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
});

const beatAgainst = async ({ port, forMs }: LoadOrder): Promise<LoadResult> => {
  const latency = createHistogram();
  let refused = 0;
  const begun = performance.now();
  const end = begun + forMs;

  const one = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let received: Buffer | null = null;
      let sentAt = 0;
      const send = () => {
        sentAt = performance.now();
        if (sentAt >= end) {
          socket.end();
          return;
        }
        socket.write(requests[Math.floor(Math.random() * requests.length)] as Buffer);
      };
      socket.setNoDelay(true);
      socket.on('connect', send);
      socket.on('data', (chunk) => {
        received = received === null ? chunk : Buffer.concat([received, chunk]);
        const answer = wholeAnswer(received);
        if (answer === null) return;
        received = null;
        latency.record(Math.max(1, Math.round((performance.now() - sentAt) * 1e6)));
        if (!answer.startsWith('HTTP/1.1 200')) refused += 1;
        send();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve());
    });

  await Promise.all(Array.from({ length: CONNECTIONS }, () => one(connect({ host: '127.0.0.1', port }))));
  return {
    beats: latency.count,
    refused,
    elapsedMs: performance.now() - begun,
    p50Ms: latency.percentile(50) / 1e6,
    p99Ms: latency.percentile(99) / 1e6,
  };
};

/** The head of an answer that is complete, or null. */
const wholeAnswer = (received: Buffer): string | null => {
  const headLength = received.indexOf(HEAD_END);
  if (headLength < 0) return null;
  const head = received.toString('latin1', 0, headLength);
  const bodyLength = Number(/content-length: (\d+)/i.exec(head)?.[1]);
  return received.length < headLength + HEAD_END.length + bodyLength ? null : head;
};

process.on('message', (order: LoadOrder) => {
  beatAgainst(order).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      throw error;
    },
  );
});
process.send?.('ready');
