import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AuditAct, AuditDraft } from '../../src/supervisor/audit-port.ts';
import type { Store } from '../../src/supervisor/ports.ts';
import type { StoreWorld } from './contract.ts';
import { aRow, aWorkspace, NOON } from './records.ts';

const ADMIN: AuditAct = {
  who: { kind: 'admin', via: 'token', id: null, name: null },
  from: '127.0.0.1',
  what: 'POST /workspaces',
  workspace: null,
  request: 'r1',
  status: 201,
  code: null,
};
const draft = (act: Partial<AuditAct> = {}, more: Partial<AuditDraft> = {}): AuditDraft => ({
  at: NOON,
  act: { ...ADMIN, ...act },
  answers: null,
  ...more,
});
const hashOf = (seq: number, { at, act, answers }: AuditDraft, previous: string): string =>
  createHash('sha256')
    .update(JSON.stringify([seq, at, JSON.stringify(act), answers, previous]))
    .digest('hex');

/** What every store promises of who did what, wherever it writes. */
export const describeAuditContract = (name: string, createWorld: () => StoreWorld): void => {
  describe(`the audit of the ${name} store`, () => {
    let world: StoreWorld;
    let store: Store;
    beforeEach(() => {
      world = createWorld();
      store = world.open();
    });
    const whats = (query: Partial<Parameters<Store['audit']>[0]> = {}) =>
      store.audit({ limit: 100, ...query }).map(({ act }) => act.what);

    it('numbers its rows, and hashes each together with the one before it', async () => {
      const zeros = '0'.repeat(64);
      expect(store.auditHead()).toEqual({ seq: 0, hash: zeros });
      const [first, second] = [draft({ what: 'one' }), draft({ what: 'two' }, { at: NOON + 0.5 })];
      expect(await Promise.all([store.appendAudit(first), store.appendAudit(second)])).toEqual([1, 2]);
      const hash = hashOf(2, second, hashOf(1, first, zeros));
      expect(store.auditHead()).toEqual({ seq: 2, hash });
      expect(store.audit({ limit: 1 })).toEqual([{ seq: 2, ...second, hash }]);
    });

    it('goes on where it was after a power cut', async () => {
      await store.appendAudit(draft({ what: 'before' }));
      void store.appendAudit(draft({ what: 'lost' })).catch(() => undefined);
      world.cutPower(store);
      store = world.open();
      expect(await store.appendAudit(draft({ what: 'after' }))).toBe(2);
      expect(whats()).toEqual(['after', 'before']);
    });

    it('is on the disk before whatever was queued after it', async () => {
      await store.create(aWorkspace('w1'));
      world.fillDisk();
      const asked = store.appendAudit(draft({ details: 'x'.repeat(50_000) }));
      const done = store.commit({ workspaceId: 'w1', journal: [aRow('x.done')] });
      await expect(asked).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
      await expect(done).rejects.toMatchObject({ code: 'STORE_UNWRITABLE' });
      expect(store.auditHead().seq).toBe(0);
      world.freeDisk();
      await world.passTime();
      expect([store.auditHead().seq, store.journal('w1', { limit: 9 }).at(-1)?.event]).toEqual([1, 'x.done']);
    });

    it('leaves out what was answered, for the answer says it all', async () => {
      const asked = await store.appendAudit(draft({ status: null }));
      await store.appendAudit(draft({ what: 'never answered', status: null }));
      expect(whats()).toEqual(['never answered', 'POST /workspaces']);
      await store.appendAudit(draft({ what: 'the answer' }, { answers: asked }));
      expect(whats()).toEqual(['the answer', 'never answered']);
    });

    it('is read by who, where, when and with what answer, newest first', async () => {
      const anna = { kind: 'viewer', via: 'session', id: 'a1', name: 'anna' } as const;
      await store.appendAudit(draft({ what: 'one', workspace: { id: 'w1', name: 'demo' } }));
      await store.appendAudit(draft({ what: 'two', who: anna, status: 403, code: 'FORBIDDEN' }));
      await store.appendAudit(draft({ what: 'three' }, { at: NOON + 10 }));
      expect(whats()).toEqual(['three', 'two', 'one']);
      for (const who of ['viewer', 'anna', 'a1']) expect(whats({ who })).toEqual(['two']);
      for (const workspace of ['w1', 'demo']) expect(whats({ workspace })).toEqual(['one']);
      expect(whats({ refused: true })).toEqual(['two']);
      expect(whats({ since: NOON + 10 })).toEqual(['three']);
      expect(whats({ before: 3, limit: 1 })).toEqual(['two']);
    });

    it('drops the oldest at its cap, and says from where on it is whole', async () => {
      await store.close();
      store = world.open({ auditCap: 10 });
      for (let n = 1; n <= 11; n += 1) await store.appendAudit(draft({ what: `act ${n}` }));
      const rows = store.audit({ limit: 100 });
      expect(rows.map(({ seq }) => seq)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4]);
      const [told] = rows as unknown as [
        { act: { what: string; dropped: number; anchor: { seq: number; hash: string } } },
      ];
      expect(told.act).toMatchObject({ what: 'audit.capped', dropped: 3, anchor: { seq: 3 } });
      const fourth = rows.at(-1);
      expect(fourth?.hash).toBe(hashOf(4, draft({ what: 'act 4' }), told.act.anchor.hash));
      await store.appendAudit(draft({ what: 'more' }));
      expect(store.auditHead().seq).toBe(13);
    });
  });
};
