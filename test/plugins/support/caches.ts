import { join } from 'node:path';
import type { PluginDeclaration } from '../../../machines/workspace/spec.ts';
import { createPluginCache, type PluginCacheOptions } from '../../../src/plugins/cache.ts';
import { type DeclarationInput, parseDeclaration } from '../../../src/plugins/declaration.ts';
import type { PluginCache } from '../../../src/reconcile/ports.ts';
import { never } from './scratch.ts';

/** A cache below `home` that may reach this machine; typed as what a reconcile needs. */
export const openCache = (home: string, options: Partial<PluginCacheOptions> = {}): PluginCache =>
  createPluginCache({
    cacheFolder: join(home, 'cache'),
    registryFolder: join(home, 'registry'),
    allowFileUrls: true,
    allowPrivateAddresses: true,
    now: Date.now,
    ...options,
  });

export const declared = (input: DeclarationInput): PluginDeclaration => parseDeclaration(input);

/** Fetches what a source stands for now. */
export const fetchNow = (cache: PluginCache, input: DeclarationInput) =>
  cache.fetch(declared(input), null, never);

export const treeOf = (home: string, treeHash: string) => join(home, 'cache', 'trees', treeHash);
