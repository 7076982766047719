import { createHmac } from 'node:crypto';

/**
 * The headers by which a receiver knows that a body is ours and not older than it thinks, as Standard Webhooks has them:
 * an HMAC-SHA256 over `id.timestamp.body`. A secret that begins with `whsec_` is Base64; any other is taken as it is.
 */
export const signatureHeaders = (
  { id, atSeconds, body }: { id: string; atSeconds: number; body: string },
  secret: string,
): Record<string, string> => {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
  const signature = createHmac('sha256', key).update(`${id}.${atSeconds}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(atSeconds),
    'webhook-signature': `v1,${signature}`,
  };
};
