/** Another box: a network namespace of the kernel, at the other end of a cable that can be pulled out. */
import { execFileSync } from 'node:child_process';
import { pid } from 'node:process';

const lacking = (): string | null => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it takes Linux and root';
  try {
    execFileSync('ip', ['-V'], { stdio: 'ignore' });
    execFileSync('busybox', ['true']);
    return null;
  } catch {
    return 'it takes iproute2 and busybox-static';
  }
};

/** Whether tests of another box cannot run here. Where they must, they fail instead. */
export const isNetworkSkipped = lacking() !== null && process.env['CI'] !== 'true';
if (isNetworkSkipped) console.warn(`Tests with a second network are skipped: ${lacking()}.`);

const ip = (...args: string[]): void => void execFileSync('ip', args);

/** Addresses that are set aside for such networks, RFC 2544. Two tests at once get two networks. */
export const openSecondNetwork = () => {
  const name = `kw${pid}`;
  const net = `198.18.${pid % 256}`;
  const [here, there] = [`${name}a`, `${name}b`];
  ip('netns', 'add', name);
  ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name);
  ip('address', 'add', `${net}.1/30`, 'dev', here);
  ip('link', 'set', here, 'up');
  ip('-n', name, 'address', 'add', `${net}.2/30`, 'dev', there);
  ip('-n', name, 'link', 'set', there, 'up');
  return {
    /** Where the first box is, seen from the second. */
    address: `${net}.1`,
    /** Runs a command there. */
    command: (command: readonly string[]): string[] => ['ip', 'netns', 'exec', name, ...command],
    cut: () => ip('link', 'set', here, 'down'),
    mend: () => ip('link', 'set', here, 'up'),
    remove: () => {
      ip('link', 'delete', here);
      ip('netns', 'delete', name);
    },
  };
};
