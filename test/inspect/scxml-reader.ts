import { type AnyStateMachine, createMachine } from 'xstate';

/** Whether a guard holds, by its name and what it is given. */
export type Outcome = (name: string, params: unknown) => boolean;

type Element = { name: string; attributes: Record<string, string>; children: Element[] };
type Snapshot = { _nodes: { id: string }[] };

/**
 * Reads SCXML as its specification says, into a machine of its own: transitions in the order of the document, events
 * by tokens, `external` unless said otherwise. Knows nothing of how the text was made.
 *
 * `activeIds` tells a state by the ids of the document. Guards are asked of `outcome` each time. `invokeEvent` names
 * the event of an invoke that is going on in one of these states, known by the end of its id; null when there is none.
 */
export const readScxml = (text: string, outcome: Outcome) => {
  const scxml = parseXml(text);
  const invokes = everyElement(scxml).flatMap(({ attributes, children }) =>
    children
      .filter(({ name }) => name === 'invoke')
      .map((invoke) => ({ state: attributes.id ?? '', id: invoke.attributes.id ?? '' })),
  );
  const machine: AnyStateMachine = createMachine({
    ...stateOf(scxml, outcome),
    id: 'scxml',
    options: { maxIterations: 1_000 },
  } as never);
  return {
    machine,
    invokeEvent: (
      active: readonly string[],
      kind: 'done.invoke' | 'error.platform',
      end: string,
    ): string | null => {
      const found = invokes.find(({ state, id }) => active.includes(state) && id.endsWith(`.${end}`));
      return found === undefined ? null : `${kind}.${found.id}`;
    },
  };
};

/** The states that a machine is in, by their ids in the document. */
export const activeIds = (snapshot: object): string[] =>
  (snapshot as Snapshot)._nodes
    .map(({ id }) => inDocument(id))
    .filter((id) => id !== 'scxml')
    .sort();

/** XState takes the part of an id behind a dot for the way down from another. */
const inMachine = (id: string): string => id.replaceAll('.', '/');
const inDocument = (id: string): string => id.replaceAll('/', '.');

const targetsOf = (ids: string | undefined): string[] | undefined =>
  ids?.split(' ').map((id) => `#${inMachine(id)}`);

const everyElement = (element: Element): Element[] => [element, ...element.children.flatMap(everyElement)];

const STATES = ['state', 'parallel', 'final', 'history'];
const TYPES: Record<string, string> = { parallel: 'parallel', final: 'final', history: 'history' };

const stateOf = ({ name, attributes, children }: Element, outcome: Outcome): object => {
  const named = (wanted: string) => children.filter((child) => child.name === wanted);
  const states = children.filter((child) => STATES.includes(child.name));
  const transitions = named('transition').map((element) => transitionOf(element, outcome));
  const id = inMachine(attributes.id ?? '');
  if (name === 'history') {
    const target = targetsOf(named('transition')[0]?.attributes.target);
    return { id, type: 'history', history: attributes.type, target };
  }
  const initial =
    attributes.initial ?? named('initial')[0]?.children[0]?.attributes.target ?? states[0]?.attributes.id;
  return {
    id,
    ...(TYPES[name] === undefined ? {} : { type: TYPES[name] }),
    ...(states.length > 0 && name !== 'parallel' ? { initial: inMachine(initial ?? '') } : {}),
    ...(states.length === 0
      ? {}
      : {
          states: Object.fromEntries(
            states.map((state) => [inMachine(state.attributes.id ?? ''), stateOf(state, outcome)]),
          ),
        }),
    on: { '*': transitions.filter(({ isEventless }) => !isEventless).map(({ told }) => told) },
    always: transitions.filter(({ isEventless }) => isEventless).map(({ told }) => told),
  };
};

const transitionOf = ({ attributes: { event, cond, target, type } }: Element, outcome: Outcome) => {
  // oxlint-disable-next-line typescript/no-implied-eval -- a condition of SCXML is an expression
  const condition = cond === undefined ? null : new Function('world', `with (world) { return (${cond}); }`);
  // XState hands the snapshot to nothing but a guard with a check of its own, and In() asks for it.
  const guard = Object.assign(() => false, {
    check: (snapshot: Snapshot, { event: { type } }: { event: { type: string } }) => {
      const name = inDocument(type.replace(/^xstate\.(?=done\.state\.)/, ''));
      return (
        (event === undefined || isMeant(event, name)) &&
        (condition === null || condition(worldOf(name, snapshot, outcome)) === true)
      );
    },
  });
  const targets = targetsOf(target);
  const told = { guard, ...(targets === undefined ? {} : { target: targets, reenter: type !== 'internal' }) };
  return { isEventless: event === undefined, told };
};

/** `a.b` means `a.b` and `a.b.c`, not `a.bc`. */
const isMeant = (descriptors: string, name: string): boolean =>
  descriptors
    .split(' ')
    .map((each) => each.replace(/\.?\*$/, ''))
    .some((each) => each === '' || name === each || name.startsWith(`${each}.`));

/** What a condition may speak of: where the machine is, its event, and guards by their names. */
const worldOf = (name: string, { _nodes }: Snapshot, outcome: Outcome): object => {
  const scope = {
    In: (id: string) => _nodes.some((node) => inDocument(node.id) === id),
    _event: { name },
  };
  return new Proxy(scope, {
    has: () => true,
    get: (known, key) =>
      key === Symbol.unscopables
        ? undefined
        : (Reflect.get(known, key) ?? ((params: unknown) => outcome(String(key), params))),
  });
};

/** As much XML as SCXML takes: elements, attributes, comments. */
const parseXml = (text: string): Element => {
  const root: Element = { name: '', attributes: {}, children: [] };
  const open = [root];
  for (const [, end, name = '', rest = '', empty] of text.matchAll(
    /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([\w:]+)((?:\s+[\w:]+="[^"]*")*)\s*(\/?)>/g,
  )) {
    if (name === '') continue;
    if (end === '/') {
      open.pop();
      continue;
    }
    const attributes = Object.fromEntries(
      [...rest.matchAll(/([\w:]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, unescape(value)]),
    );
    const element = { name, attributes, children: [] };
    open.at(-1)?.children.push(element);
    if (empty !== '/') open.push(element);
  }
  return root.children[0] as Element;
};

const unescape = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
