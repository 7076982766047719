/** Lets callers that want the same thing at the same time share one piece of work. */
export type Coalescer = <T>(
  key: string,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
) => Promise<T>;

type Flight = { result: Promise<unknown>; waiting: number; control: AbortController };

/**
 * Makes a coalescer. Each caller may leave by its own signal, which rejects with the signal's reason at once; the work
 * itself is aborted only when the last one left. Work under one key must always have the same result type.
 */
export const createCoalescer = (): Coalescer => {
  const flights = new Map<string, Flight>();

  const start = (key: string, work: (signal: AbortSignal) => Promise<unknown>): Flight => {
    const control = new AbortController();
    const flight: Flight = { result: work(control.signal), waiting: 0, control };
    flights.set(key, flight);
    const land = () => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    flight.result.then(land, land);
    return flight;
  };

  return async <T>(
    key: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    signal.throwIfAborted();
    const flight = flights.get(key) ?? start(key, work);
    flight.waiting += 1;
    const left = Promise.withResolvers<never>();
    const leave = () => {
      left.reject(signal.reason);
    };
    signal.addEventListener('abort', leave, { once: true });
    try {
      return (await Promise.race([flight.result, left.promise])) as T;
    } finally {
      signal.removeEventListener('abort', leave);
      flight.waiting -= 1;
      if (flight.waiting === 0) {
        if (flights.get(key) === flight) flights.delete(key);
        flight.control.abort(signal.reason);
      }
    }
  };
};
