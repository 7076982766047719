import { readFileSync, renameSync, writeFileSync } from 'node:fs';

type Entry = string | { types: string; default: string };
type Manifest = { bin: { keepwell: string }; exports: Record<string, Entry> };

/** `./src/main.ts` as `./dist/src/main.js`. */
const compiledOf = (source: string): string => source.replace(/^(\.\/)?(.+)\.ts$/, '$1dist/$2.js');
const sourceOf = (compiled: string): string => compiled.replace(/^(\.\/)?dist\/(.+)\.js$/, '$1$2.ts');

const compiledEntry = (source: string): Entry => {
  const file = compiledOf(source);
  return file === source ? source : { types: file.replace(/\.js$/, '.d.ts'), default: file };
};

// The repository runs its sources, the package its compiled program, and npm has no field for the difference: packing
// writes package.json for the one, then for the other. Each way starts from either, so what a killed `npm pack` leaves
// behind is put right by the next `restore`, with which packing and `npm run check` begin.
const isRestoring = process.argv[2] === 'restore';
const text = readFileSync('package.json', 'utf8');
const manifest = JSON.parse(text) as Manifest;
const keepwell = sourceOf(manifest.bin.keepwell);
const exports = Object.entries(manifest.exports).map(([name, entry]): [string, Entry] => {
  const source = sourceOf(typeof entry === 'string' ? entry : entry.default);
  return [name, isRestoring ? source : compiledEntry(source)];
});
const bin = { keepwell: isRestoring ? keepwell : compiledOf(keepwell) };
const written = `${JSON.stringify({ ...manifest, bin, exports: Object.fromEntries(exports) }, null, 2)}\n`;
if (written !== text) {
  writeFileSync('package.json.new', written);
  renameSync('package.json.new', 'package.json');
}
