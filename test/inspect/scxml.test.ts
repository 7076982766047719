import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  createMachine,
  fromCallback,
  initialTransition,
  transition,
} from 'xstate';
import { describeMachine } from '../../machines/describe/describe-machine.ts';
import { scxmlOf } from '../../src/inspect/exports/scxml.ts';
import { readDefinition } from '../machines/definition.ts';
import { FOREIGN } from './foreign-machines.ts';
import { ALL } from './machines.ts';
import { activeIds, type Outcome, readScxml } from './scxml-reader.ts';

type Reread = ReturnType<typeof readScxml>;

/** A machine's own definition with nothing but states, events and guards, which `outcome` decides. */
const bare = (machine: AnyStateMachine, outcome: Outcome): AnyStateMachine => {
  const guards = new Proxy(
    {},
    { get: (_, name) => (_args: unknown, params: unknown) => outcome(String(name), params) },
  );
  const actors = new Proxy({}, { get: () => fromCallback(() => {}) });
  // A delay without a length would be over at once.
  const delays = new Proxy({}, { get: () => 1_000 });
  return createMachine(withoutEffects(machine.config) as never, { guards, delays, actors } as never);
};

const EFFECTS = new Set(['actions', 'entry', 'exit', 'context', 'input', 'output']);

const withoutEffects = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutEffects);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, each]) => !EFFECTS.has(key) && !(key === 'params' && typeof each === 'function'))
      .map(([key, each]) => [
        key,
        key === 'guard' && typeof each === 'function' && !('check' in each) ? 'guard' : withoutEffects(each),
      ]),
  );
};

/** Decided anew for each step, alike on both sides; some steps find hardly a guard that holds. */
const decide =
  (seed: number): Outcome =>
  (name, params) => {
    let hash = seed;
    for (const character of name + (JSON.stringify(params) ?? ''))
      hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
    return ((hash ^ (hash >>> 15)) >>> 0) % 6 > seed % 6;
  };

/** Mostly what one of the states that it is in waits for. */
const chooseEvent = (snapshot: object, events: readonly string[], pick: number): string => {
  const nodes = (snapshot as { _nodes: AnyStateNode[] })._nodes.filter(({ parent }) => parent !== undefined);
  const node = nodes[pick % nodes.length];
  const awaited = events.filter((event) => node?.transitions.has(event));
  const choice = pick % 5 === 0 || awaited.length === 0 ? events : awaited;
  return choice[(pick >>> 4) % choice.length] as string;
};

/** The same event as SCXML names it; null for that of an invoke that is not going on. */
const asScxml = (type: string, { invokeEvent }: Reread, active: readonly string[]): string | null => {
  const [, kind, id] = /^xstate\.(done|error)\.actor\.(.*)$/.exec(type) ?? [];
  if (id !== undefined) return invokeEvent(active, kind === 'done' ? 'done.invoke' : 'error.platform', id);
  return type.replaceAll(' ', '_');
};

describe.each([...ALL, ...FOREIGN.map((machine) => [`${machine.id} again`, machine] as const)])(
  'the SCXML of %s, read by somebody else',
  (_, machine) => {
    const text = scxmlOf(machine);
    const { states, transitions } = readDefinition(machine);
    const events = [...new Set(transitions.map(({ event }) => event))]
      .filter((event) => event !== '' && !event.startsWith('xstate.done.state.'))
      .flatMap((event) =>
        event.endsWith('*') ? [event.replace('*', 'anything'), event.replace(/\.?\*/, '') || 'any'] : [event],
      )
      .concat('nobody.knows');
    const visited = new Set<string>();

    it('goes to the same states on the same events, whatever the guards say', () => {
      let seed = 0;
      const outcome: Outcome = (name, params) => decide(seed)(name, params);
      const original = bare(machine, outcome);
      const reread = readScxml(text, outcome);
      const step = fc.record({ pick: fc.nat(), seed: fc.nat() });
      fc.assert(
        fc.property(fc.array(step, { minLength: 40, maxLength: 60 }), (steps) => {
          seed = 0;
          let [here] = initialTransition(original) as [AnyMachineSnapshot, unknown];
          let [there] = initialTransition(reread.machine) as [AnyMachineSnapshot, unknown];
          expect(activeIds(there)).toEqual(activeIds(here));
          for (const id of activeIds(here)) visited.add(id);
          for (const { pick, seed: next } of steps) {
            const event = chooseEvent(here, events, pick);
            const spelt = asScxml(event, reread, activeIds(there));
            // What nobody invoked cannot settle.
            if (spelt === null) continue;
            seed = next;
            [here] = transition(original, here, { type: event }) as [AnyMachineSnapshot, unknown];
            // XState gives up on an actor's error that nothing takes; SCXML goes on.
            if (here.status === 'error') break;
            [there] = transition(reread.machine, there, { type: spelt }) as [AnyMachineSnapshot, unknown];
            for (const id of activeIds(here)) visited.add(id);
            const isDone = here.status === 'done';
            const expected = isDone ? [`${machine.id}--done`] : activeIds(here);
            expect([event, there.status, ...activeIds(there)]).toEqual([event, here.status, ...expected]);
            if (isDone) break;
          }
        }),
        { numRuns: 12 * (states.length + 1), seed: 7 },
      );
    });

    it('was led through every state by that', () => {
      const entered = describeMachine(machine).edges.flatMap(({ target, more_targets }) => [
        target,
        ...more_targets,
      ]);
      // A state that nothing leads to, nor to what it contains, cannot be seen.
      const all = states
        .filter((path) => entered.some((target) => `${target}.`.startsWith(`${path}.`)))
        .map((path) => stateAt(machine, path))
        .filter(({ type }) => type !== 'history');
      const passed = all.filter(({ always = [] }) => always.some(({ guard }) => guard === undefined));
      expect([...new Set([...visited, ...passed.map(({ id }) => id)])].sort()).toEqual(
        [machine.id, ...all.map(({ id }) => id)].sort(),
      );
    });
  },
);

const stateAt = (machine: AnyStateMachine, path: string) =>
  path.split('.').reduce((node, key) => node.states[key] as typeof node, machine.root);

describe('SCXML', () => {
  it('has every id once, and leads nowhere that is not there', () => {
    for (const machine of [...ALL.map(([, each]) => each), ...FOREIGN]) {
      const text = scxmlOf(machine);
      const ids = [...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
      expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
      const targets = [...text.matchAll(/ (?:target|initial)="([^"]*)"/g)].flatMap(([, found = '']) =>
        found.split(' '),
      );
      expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
    }
  });

  it('spells what XState calls otherwise', () => {
    const text = FOREIGN.map(scxmlOf).join('');
    for (const spelt of [
      '<send event="xstate.after.5000.light.green" id="xstate.after.5000.light.green" delay="5000ms"/>',
      'delayexpr="hold()"',
      '&amp;&amp; !(isLate())"',
      'cond="(isOwned() &amp;&amp; (isOld() || In(&quot;checkout.pay.paid&quot;)))"',
      'cond="isEnough({&quot;amount&quot;:5})"',
      '<raise event="retry"/>',
      '<xstate:action name="show" params="{&quot;colour&quot;:&quot;red&quot;}"/>',
      'event="order" cond="_event.name === &quot;order&quot;"',
      'event="done.invoke.loader.loading.invoke.traffic"',
      'target="checkout.pay.paid checkout.ship.sent"',
      '<!-- Waits for "both" <parts> & more. -->',
    ])
      expect(text).toContain(spelt);
  });
});
