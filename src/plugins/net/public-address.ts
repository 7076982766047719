import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { KeepwellError } from '../../errors.ts';

/** A host's addresses at the moment of asking. */
export type ResolvedHost = { name: string; port: number; addresses: string[] };

/**
 * Looks up a host as `name`, `name:port` or `[v6]:port` and refuses it when any of its addresses is not public: own
 * machine, private, link-local, multicast, reserved.
 *
 * The addresses are returned so that the connection can be made to them and to no others.
 *
 * @throws {KeepwellError} `PLUGIN_SOURCE_REFUSED`, or `PLUGIN_FETCH_FAILED` when there is no such host
 */
export const lookUpHost = async (
  host: string,
  options: { usualPort: number; allowPrivate: boolean; lookup?: Lookup },
): Promise<ResolvedHost> => {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(host) ?? [];
  const name = bracketed ?? plain ?? '';
  if (isIP(name) === 0 && looksNumeric(name)) {
    throw new KeepwellError('PLUGIN_SOURCE_REFUSED', {
      message: `${name} is an address in a form that not everybody reads alike.`,
      hint: 'Write it as four decimal numbers; private ones need `plugin_allow_private`.',
    });
  }
  const addresses = await addressesOf(name, options.lookup ?? systemLookup);
  if (!options.allowPrivate && addresses.some((address) => !isPublic(address))) {
    throw new KeepwellError('PLUGIN_SOURCE_REFUSED', {
      message: `${name} is at a private address.`,
      hint: 'If it is yours, the operator allows that with `plugin_allow_private`.',
    });
  }
  return { name, port: port === undefined ? options.usualPort : Number(port), addresses };
};

/** Whether an address can be reached by everybody. */
export const isPublic = (address: string): boolean =>
  isIPv6(address) ? !RESERVED_6.check(address, 'ipv6') : !RESERVED_4.check(address, 'ipv4');

/** Whether some resolver or library might take a name for an address: 2130706433, 0x7f.1, 0177.0.0.1, 127.1. */
const looksNumeric = (name: string): boolean => /(^|\.)(\d+|0x[0-9a-f]*)\.?$/i.test(name);

/** Every address of a name. */
export type Lookup = (name: string) => Promise<string[]>;

const systemLookup: Lookup = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

const addressesOf = async (name: string, find: Lookup): Promise<string[]> => {
  if (isIP(name) !== 0) return [name];
  try {
    const found = await find(name);
    if (found.length === 0) throw new Error('it has no address');
    return found;
  } catch (cause) {
    throw new KeepwellError('PLUGIN_FETCH_FAILED', {
      message: `The host ${name} could not be found.`,
      cause,
    });
  }
};

const RESERVED_4 = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  RESERVED_4.addSubnet(network, prefix, 'ipv4');
}

// Apart, since a list takes IPv4 addresses for those in ::ffff:0:0/96.
const RESERVED_6 = new BlockList();
for (const [network, prefix] of [
  // All but 2000::/3: loopback, private, link-local, multicast, and IPv4 in other clothes (mapped, NAT64).
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  // Of the rest: tunnels, which lead to any IPv4 address, and documentation.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  RESERVED_6.addSubnet(network, prefix, 'ipv6');
}
