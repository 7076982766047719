import { createServer } from 'node:net';
import { type Check, fine, problem } from '../check.ts';

export const port: Check = {
  id: 'port',
  async look({ config: { host, port }, configError, running }) {
    // A supervisor that runs has its port, and a configuration that is wrong names none.
    if (running !== null || configError !== null) return [];
    const refused = await tryPort(host, port);
    const at = `${host}:${port}`;
    if (refused === null) return [fine(port === 0 ? 'Any free port is taken.' : `${at} is free.`)];
    if (refused === 'EADDRINUSE')
      return [
        problem(`Another program listens on ${at}.`, 'Stop it, or choose another port (`port`, --port).'),
      ];
    return [problem(`Nobody can listen on ${at}: ${refused}.`, 'Choose another `host` or `port`.')];
  },
};

const tryPort = (host: string, port: number): Promise<string | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
