/** The typed client of the HTTP API: `keepwell/client`. */
export { KeepwellApiError } from './api-error.ts';
export { createClient, type KeepwellClient } from './create-client.ts';
export type { StreamOptions } from './follow.ts';
export type { WaitOptions } from './settled.ts';
export type { CallOptions, ClientOptions } from './transport.ts';
export type * from './types.ts';
