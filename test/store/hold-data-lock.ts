/** Takes the data lock, says so and holds it until its input ends or it is killed. */
import { openDataLock } from '../../src/store/data-lock.ts';

const [file = ''] = process.argv.slice(2);
try {
  const lock = openDataLock({ file, pid: process.pid });
  process.stdout.write('held\n');
  process.stdin.resume().on('end', () => {
    lock.release();
    process.exit(0);
  });
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
}
