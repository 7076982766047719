import type { Static } from 'typebox';
import type { BeatAnswer } from '../../src/http/schemas/beat.ts';

/** What an online workspace is answered. */
export const sampleAnswer: Static<typeof BeatAnswer> = {
  status: 'ok',
  workspace_status: 'online',
  generation: 1,
  interval_seconds: 50,
  lease_expires_at: '2026-11-02T10:20:30.400Z',
  restart_pending: false,
  plugins_generation: 3,
  plugins_pending: false,
};
