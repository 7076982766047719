import { expect, it } from 'vitest';
import { sessionKeyOf } from '../../src/startup/session-key.ts';

it('the key of sessions follows from the admin token, without telling it', () => {
  const key = sessionKeyOf('kwa_token');
  expect(key).toHaveLength(32);
  expect(sessionKeyOf('kwa_token')).toEqual(key);
  expect(sessionKeyOf('kwa_tokeN')).not.toEqual(key);
  expect(key.toString('latin1')).not.toContain('kwa');
});
