import { defineConfig } from 'vite';
import { precompress } from './precompress.ts';

/** The page is one bundle of hashed files that needs nothing from elsewhere and passes a policy without `unsafe-*`. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [precompress()],
  build: {
    outDir: '../../dist/ui',
    emptyOutDir: true,
    // Everything here knows `light-dark()`, which is what the two themes are made of.
    target: ['chrome123', 'firefox128', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
