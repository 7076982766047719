/** `npm run licences`: what is shipped of others, and whether it may be. */
import { join } from 'node:path';
import { isAllowed, productionDependencies } from './licences.ts';

const dependencies = productionDependencies(join(import.meta.dirname, '..', '..'));
const width = Math.max(...dependencies.map(({ name, version }) => name.length + version.length + 1));
for (const { name, version, licence, optional } of dependencies) {
  const said = `${licence ?? 'says nothing'}${optional ? ' (optional)' : ''}`;
  console.log(`${`${name}@${version}`.padEnd(width)}  ${said}`);
}
const refused = dependencies.filter(({ licence }) => !isAllowed(licence));
console.log(`\n${dependencies.length} packages are shipped.`);
for (const { name, version, licence } of refused) {
  console.error(
    `${name}@${version}: ${licence ?? 'no licence'} is not allowed; see test/dependencies/licences.ts.`,
  );
}
if (refused.length > 0) process.exitCode = 1;
