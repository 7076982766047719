import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** A file of the sources as the package carries it, e.g. `./src/main.ts` as `./dist/src/main.js`. */
const compiled = (file: string, ending: string): string =>
  `./dist/${file.replace(/^\.\//, '')}`.replace(/\.ts$/, ending);

// The repository runs its sources, the package its compiled program, and npm has no field for the difference.
if (process.argv[2] === 'restore') renameSync('dist/package.source.json', 'package.json');
else {
  copyFileSync('package.json', 'dist/package.source.json');
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
    bin: { keepwell: string };
    exports: Record<string, string>;
  };
  const exports = Object.entries(manifest.exports).map(([name, file]) => [
    name,
    file.endsWith('.ts') ? { types: compiled(file, '.d.ts'), default: compiled(file, '.js') } : file,
  ]);
  const bin = { keepwell: compiled(manifest.bin.keepwell, '.js') };
  writeFileSync(
    'package.json',
    `${JSON.stringify({ ...manifest, bin, exports: Object.fromEntries(exports) }, null, 2)}\n`,
  );
}
