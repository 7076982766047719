import type { Supervisor } from './api.ts';
import type { Core } from './core.ts';
import type { Entry } from './entry.ts';
import { lively } from './lively.ts';
import type { Vault } from './ports.ts';
import type { Prepared, SecretKeeper } from './secret-keeper.ts';

type Needs = Pick<Core, 'directory' | 'host' | 'store' | 'stamp'> & { keeper: SecretKeeper; vault: Vault };

/** How operators set secrets. */
export const secretSide = ({
  directory,
  host,
  store,
  stamp,
  keeper,
  vault,
}: Needs): Pick<Supervisor, 'secrets' | 'changeSecrets' | 'rotateSecretKey'> => {
  const namesIn = ({ set, forget }: Prepared): string[] => [...set, ...forget].map(({ name }) => name);

  /** Whether an instance that is started now would get something else than before. */
  const concerns = (entry: Entry, workspaceId: string | null, names: readonly string[]): boolean => {
    if (workspaceId !== null) return entry.id === workspaceId;
    const { env } = entry.spec;
    return names.some(
      (name) =>
        !Object.hasOwn(env, name) &&
        !keeper.has({ workspaceId: entry.id, name }) &&
        !name.startsWith('KEEPWELL_'),
    );
  };

  return {
    secrets: (key) => keeper.list(key === null ? null : directory.get(key).id),

    changeSecrets: (key, values) =>
      keeper.inTurn(async () => {
        const workspaceId = key === null ? null : lively(directory.get(key)).id;
        const change = keeper.prepare(workspaceId, values, stamp().at);
        const names = namesIn(change);
        if (names.length === 0) return;
        // In one turn of the event loop, and so in one transaction: the secret, and that it was changed.
        const written: Promise<unknown>[] = [store.saveSecrets(change)];
        keeper.apply(change);
        for (const entry of directory.all()) {
          if (!concerns(entry, workspaceId, names)) continue;
          host.note(entry, 'secrets.changed', { names });
          written.push(host.send(entry, { type: 'secrets.changed' }));
        }
        try {
          await Promise.all(written);
        } catch (error) {
          // What is not on the disk was never set.
          keeper.load(store.secrets());
          throw error;
        }
      }),

    rotateSecretKey: () =>
      keeper.inTurn(async () => {
        const opened = keeper.rows().map((row) => ({ row, value: vault.open(row) }));
        const rotation = vault.rotate();
        const set = opened.map(({ row, value }) => vault.seal(row, value, row.updatedAt));
        await store.saveSecrets({ set, forget: [] });
        // A workspace that was removed meanwhile took its secrets along.
        keeper.apply({ set: set.filter((row) => keeper.has(row)), forget: [] });
        const current = new Set(set.map(({ keyId }) => keyId));
        if (store.secrets().every(({ keyId }) => current.has(keyId))) rotation.forgetOlder();
        return set.length;
      }),
  };
};
