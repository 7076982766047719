import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readManifest } from './manifest.ts';
import { isPluginName } from './name.ts';

/** A plugin that can be declared as `local://name`, and what it says of itself. */
export type RegistryPlugin = {
  name: string;
  source: string;
  version: string | null;
  description: string | null;
  /** Why its manifest cannot be read. */
  problem: string | null;
};

/** Every plugin of the registry, sorted by name. Reads manifests alone. */
export const listRegistry = async (registryFolder: string): Promise<RegistryPlugin[]> => {
  const entries = await readdir(registryFolder, { withFileTypes: true }).catch(() => []);
  const names = entries
    .filter((entry) => entry.isDirectory() && isPluginName(entry.name))
    .map(({ name }) => name);
  return Promise.all(
    names.toSorted().map(async (name): Promise<RegistryPlugin> => {
      const source = `local://${name}`;
      try {
        const { version, description } = (await readManifest(join(registryFolder, name))).manifest;
        const asText = version === undefined || version === null ? null : String(version);
        return { name, source, version: asText, description: description ?? null, problem: null };
      } catch (error) {
        return { name, source, version: null, description: null, problem: (error as Error).message };
      }
    }),
  );
};
