import type { AnyStateMachine } from 'xstate';

/** A transition as its author wrote it. `targets` are dotted paths below the root; null where it has none. */
export type Written = { source: string; event: string; index: number; targets: string[] | null };
export type Definition = { states: string[]; transitions: Written[] };

type Config = {
  id?: string;
  initial?: string | { target: string };
  type?: string;
  target?: string | string[];
  states?: Record<string, Config>;
  on?: Record<string, unknown>;
  after?: Record<string, unknown>;
  always?: unknown;
  onDone?: unknown;
  invoke?: unknown;
};
type Invoke = { id?: string; onDone?: unknown; onError?: unknown; onSnapshot?: unknown };
type Placed = { config: Config; path: string[]; id: string };

/** Reads a machine's configuration, and nothing that XState or we made of it. */
export const readDefinition = (machine: AnyStateMachine): Definition => {
  const root = machine.config as Config;
  const all = [...everyState(root, [], root.id ?? '(machine)')];
  const pathOfId = new Map(all.map(({ id, path }) => [id, path]));
  const resolve = (target: string, { path }: Placed): string => {
    if (target.startsWith('#')) {
      // The longest id that fits, and a way down from there.
      const parts = target.slice(1).split('.');
      for (let count = parts.length; count > 0; count--) {
        const found = pathOfId.get(parts.slice(0, count).join('.'));
        if (found !== undefined) return [...found, ...parts.slice(count)].join('.');
      }
    }
    return target.startsWith('.')
      ? [...path, ...target.slice(1).split('.')].join('.')
      : [...path.slice(0, -1), ...target.split('.')].join('.');
  };
  const transitions = all.flatMap((placed) => {
    const source = placed.path.join('.');
    return eventsOf(placed).flatMap(([event, written]) =>
      list(written).map((each, index): Written => {
        const target = typeof each === 'string' ? each : (each as { target?: string | string[] }).target;
        const targets = target === undefined ? null : list(target).map((one) => resolve(one, placed));
        return { source, event, index, targets };
      }),
    );
  });
  return { states: all.map(({ path }) => path.join('.')).filter((path) => path !== ''), transitions };
};

function* everyState(config: Config, path: string[], machineId: string): Generator<Placed> {
  yield { config, path, id: config.id ?? [machineId, ...path].join('.') };
  for (const [key, child] of Object.entries(config.states ?? {}))
    yield* everyState(child, [...path, key], machineId);
}

const eventsOf = ({ config, id }: Placed): [event: string, written: unknown][] => [
  ...Object.entries(config.on ?? {}),
  ...(config.onDone === undefined ? [] : [[`xstate.done.state.${id}`, config.onDone] as [string, unknown]]),
  ...(list(config.invoke) as Invoke[]).flatMap((invoke, index) => {
    const invokeId = invoke.id ?? `${index}.${id}`;
    const given: [string, unknown][] = [
      [`xstate.done.actor.${invokeId}`, invoke.onDone],
      [`xstate.error.actor.${invokeId}`, invoke.onError],
      [`xstate.snapshot.${invokeId}`, invoke.onSnapshot],
    ];
    return given.filter(([, written]) => written !== undefined);
  }),
  ...Object.entries(config.after ?? {}).map(([delay, written]): [string, unknown] => [
    `xstate.after.${delay}.${id}`,
    written,
  ]),
  ...(config.always === undefined ? [] : [['', config.always] as [string, unknown]]),
];

const list = <T>(given: T | T[] | undefined): T[] =>
  given === undefined ? [] : Array.isArray(given) ? given : [given];
