import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KeepwellError } from '../errors.ts';

/** Opens the door, and says at which address. @throws {KeepwellError} `CONFIG_INVALID` where the port is taken */
export const listen = async (
  http: { server: Server; listen(at: object): Promise<unknown> },
  { host, port }: { host: string; port: number },
): Promise<string> => {
  try {
    await http.listen({ host, port });
    return addressOf(http.server.address() as AddressInfo);
  } catch (error) {
    throw new KeepwellError('CONFIG_INVALID', {
      message: `Cannot listen on ${host}:${port}: ${(error as Error).message}`,
      hint: 'Stop what uses that port, or choose another with --port.',
      cause: error,
    });
  }
};

const addressOf = ({ address, family, port }: AddressInfo): string =>
  `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
