import { type AnyStateMachine, createMachine } from 'xstate';

type Element = { name: string; given: Record<string, string>; within: Element[] };

/** Reads SCXML on its own terms. Conditions become guards that are called as they are written. */
export const readScxml = (text: string): { machine: AnyStateMachine; conditions: string[] } => {
  const document = parseXml(text);
  const conditions = new Set<string>();
  const config = {
    id: '(document)',
    initial: document.given.initial,
    states: statesOf(document, conditions),
  };
  return { machine: createMachine(config as object), conditions: [...conditions] };
};

const STATES = ['state', 'parallel', 'final', 'history'];

const statesOf = ({ within }: Element, conditions: Set<string>): object =>
  Object.fromEntries(
    within
      .filter(({ name }) => STATES.includes(name))
      .map((each) => [each.given.id, stateOf(each, conditions)]),
  );

const stateOf = (element: Element, conditions: Set<string>): object => {
  const { name, given, within } = element;
  const { id } = given;
  const transitions = within.filter((each) => each.name === 'transition');
  if (name === 'history') {
    const target = addressesIn(transitions[0]?.given.target);
    return { id, type: name, history: given.type, target };
  }
  const read = (each: Element) => {
    const { cond, target, type } = each.given;
    if (cond !== undefined) conditions.add(cond);
    return {
      ...(cond === undefined ? {} : { guard: cond }),
      ...(target === undefined ? {} : { target: addressesIn(target), reenter: type !== 'internal' }),
    };
  };
  const by = Map.groupBy(transitions, (each) => each.given.event ?? '');
  const of = (event: string) => (by.get(event) ?? []).map(read);
  const events = [...by.keys()].filter((event) => event !== '' && event !== `done.state.${id}`);
  const states = statesOf(element, conditions);
  const isCompound = name === 'state' && Object.keys(states).length > 0;
  return {
    id,
    ...(name === 'state' ? {} : { type: name }),
    ...(isCompound ? { initial: given.initial } : {}),
    always: of(''),
    on: Object.fromEntries(events.map((event) => [event, of(event)])),
    ...(by.has(`done.state.${id}`) ? { onDone: of(`done.state.${id}`) } : {}),
    states,
  };
};

const addressesIn = (ids = ''): string[] => ids.split(' ').map((id) => `#${id.replaceAll('.', '\\.')}`);

/** Well-formed XML, without text between its elements. @throws where a tag is not closed */
const parseXml = (text: string): Element => {
  const top: Element = { name: '', given: {}, within: [] };
  const open = [top];
  for (const [tag, closing, name = '', given = '', alone] of text.matchAll(
    /<(\/?)([\w:]+)((?:\s[\w:]+="[^"<]*")*)\s*(\/?)>/g,
  )) {
    if (closing === '/') {
      if (open.pop()?.name !== name) throw new Error(`${tag} closes nothing`);
      continue;
    }
    const element = { name, given: attributesIn(given), within: [] };
    open.at(-1)?.within.push(element);
    if (alone === '') open.push(element);
  }
  if (open.length !== 1) throw new Error(`${open.at(-1)?.name} is not closed`);
  return top.within[0] as Element;
};

const attributesIn = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/([\w:]+)="([^"]*)"/g)].map(([, name, value]) => [name, plain(value ?? '')]),
  );

const SIGNS: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const plain = (text: string): string => text.replaceAll(/&([^;]+);/g, (_, name: string) => SIGNS[name] ?? '');
