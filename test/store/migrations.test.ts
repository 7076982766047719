import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../src/store/migrations.ts';

/** Of every step there is, the first 16 digits of its SHA-256. A new step adds a line; no line ever changes. */
const PINNED = [
  '7c13eade4bba53ba',
  'bf440e78dd2006c7',
  '505f184b5a01146e',
  '13a8ce96ca71aa78',
  'cfcdb3204c329e25',
  '35ed501084f48591',
  'e9d939a5dcf3f5d6',
  '645c3abf29671804',
  'eb4269fdc41d9a00',
];

describe('the steps that led to the schema', () => {
  it('are what they were: databases out there have been through them as they are', () => {
    expect(MIGRATIONS.map((step) => hash('sha256', step).slice(0, 16))).toEqual(PINNED);
  });
});
