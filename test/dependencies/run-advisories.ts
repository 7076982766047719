/** `npm run advisories`: whether something that is shipped has a known hole. Where the registry does not say, neither do we. */
import { spawnSync } from 'node:child_process';
import { tellAdvisories } from './advisories.ts';

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8', timeout: 30_000 });
const { text, isBad } = tellAdvisories(stdout ?? '');
console.log(text);
if (isBad) process.exitCode = 1;
