import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRoute, workspaceHash } from '../../src/ui/parts/route.ts';

describe('an address', () => {
  it('is one of the fleet, a workspace, a moment of it, or the supervisor', () => {
    expect(['', '#/', '#/supervisor', '#/w/demo', '#/w/demo/at/12'].map(parseRoute)).toEqual([
      { page: 'fleet' },
      { page: 'fleet' },
      { page: 'supervisor' },
      { page: 'workspace', name: 'demo', at: null },
      { page: 'workspace', name: 'demo', at: 12 },
    ]);
  });

  it.each(['#/nowhere', '#/w', '#/w/', '#/w/demo/at', '#/w/demo/at/-1', '#/w/demo/at/x', '#/w/demo/at/1/2'])(
    'such as %s leads nowhere',
    (hash) => {
      expect(parseRoute(hash)).toEqual({ page: 'unknown' });
    },
  );

  it('finds back to every workspace, whatever its name', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(name, fc.option(fc.nat()), (text, at) => {
        expect(parseRoute(workspaceHash(text, at))).toEqual({ page: 'workspace', name: text, at });
      }),
    );
  });

  it('that is cut in the middle of an escape does not break the page', () => {
    expect(parseRoute('#/w/caf%C3')).toEqual({ page: 'workspace', name: 'caf%C3', at: null });
  });
});
