type Host = { setImmediate?: (run: () => void) => void };

/** Resolves once the event loop has had a turn: everything that waited for nothing but promises has happened. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    const { setImmediate } = globalThis as Host;
    if (setImmediate !== undefined) {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    const arrived = () => {
      port1.close();
      resolve();
    };
    // Set so, a port starts to listen by itself; as a listener it would have to be started.
    Object.assign(port1, { onmessage: arrived });
    port2.postMessage(null);
  });
