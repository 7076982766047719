import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that arrived. */
export type Arrived = { method: string; path: string; headers: Record<string, string>; body: string };

/** A real server that takes what is sent to it; `answer` says with what, null for never. */
export const openReceiver = async (
  answer: (
    arrived: Arrived,
    count: number,
  ) => { status: number; body?: string; headers?: Record<string, string> } | null = () => ({
    status: 200,
  }),
) => {
  const arrived: Arrived[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const headers = request.headers as Record<string, string>;
      const one = { method: request.method ?? '', path: request.url ?? '', headers, body };
      arrived.push(one);
      const given = answer(one, arrived.length);
      if (given === null) return;
      response.writeHead(given.status, given.headers).end(given.body ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    arrived,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

/** Checks a signature as any receiver of Standard Webhooks would. */
export const isSigned = ({ headers, body }: Arrived, secret: string): boolean => {
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return headers['webhook-signature'] === `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
};
