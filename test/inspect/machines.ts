import { type AnyStateMachine, and, createMachine, not, stateIn } from 'xstate';
import { reconcileMachine } from '../../machines/reconcile/reconcile.machine.ts';
import { supervisorMachine } from '../../machines/supervisor/supervisor.machine.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';

const trafficLight = createMachine({
  id: 'light',
  initial: 'red',
  on: { 'power.lost': '.off' },
  states: {
    red: { after: { 3_000: 'green' }, tags: ['stop'] },
    green: { after: { 2_000: { target: 'yellow', guard: 'nobodyWaits' }, rush: 'yellow' } },
    yellow: { entry: 'flash', after: { 500: 'red' } },
    off: { on: { 'power.back': 'red', '*': { actions: 'hum' } } },
  },
});

const checkout = createMachine({
  id: 'checkout',
  initial: 'shopping',
  states: {
    shopping: { on: { 'cart.opened': 'paying', 'cart.looked "at" <it> & {so}; #1': {} } },
    paying: {
      type: 'parallel',
      description: 'Money & goods <at once>',
      states: {
        money: {
          initial: 'due',
          states: {
            due: { on: { paid: 'done' } },
            done: { type: 'final' },
          },
        },
        goods: {
          initial: 'packing',
          states: {
            packing: { always: { guard: 'isPacked', target: 'done' }, on: { packed: 'done' } },
            done: { type: 'final' },
          },
        },
        memory: { type: 'history', history: 'deep' },
      },
      onDone: 'thanks',
      on: { 'cart.closed': 'shopping', both: ['#checkout.paying.money.done', '#checkout.paying.goods.done'] },
    },
    pause: { on: { on: 'paying.memory' } },
    thanks: { type: 'final' },
  },
});

const player = createMachine({
  id: 'player',
  initial: 'stopped',
  states: {
    stopped: { on: { play: { target: 'playing', guard: not('isBroken') } } },
    playing: {
      initial: 'slow',
      invoke: { src: 'tape', onDone: 'stopped', onError: { target: 'playing', reenter: true } },
      on: { pause: 'paused', faster: '.fast', self: 'playing' },
      states: {
        slow: { on: { faster: { guard: and(['isWarm', 'isNew']), target: 'fast' } } },
        fast: { on: { back: 'slow' } },
        last: { type: 'history', target: 'fast' },
      },
    },
    paused: {
      on: { pause: 'playing.last', eject: { target: 'stopped', guard: stateIn('#player.paused') } },
    },
  },
});

/** A machine of one state, and one without any. */
const lonely = createMachine({ id: 'lonely', initial: 'only', states: { only: {} } });
const empty = createMachine({ id: 'empty', on: { poke: { actions: 'wince' } } });

/** The workspace's machine as it might become: a state less, one more, and one called otherwise. */
const changed = (): AnyStateMachine => {
  const text = JSON.stringify(workspaceMachine.config, (_, value: unknown) =>
    typeof value === 'function' ? undefined : value,
  );
  const config: Loose = JSON.parse(text.replaceAll('awaitingAgent', 'waitsForItsAgent'));
  const inner = config.states.wanted.states;
  delete inner.degraded;
  inner.online.on['heartbeat.received'] = undefined;
  inner.dreaming = { entry: 'dream', on: { woken: 'online' } };
  inner.online.on.slept = 'dreaming';
  return createMachine(config);
};

// oxlint-disable-next-line typescript/no-explicit-any -- as loose as JSON is
type Loose = any;

export const OURS: AnyStateMachine[] = [workspaceMachine, reconcileMachine, supervisorMachine];
export const ALL: [string, AnyStateMachine][] = [
  ...[...OURS, trafficLight, checkout, player, lonely, empty].map((each): [string, AnyStateMachine] => [
    each.id,
    each as AnyStateMachine,
  ]),
  ['the workspace with other states', changed()],
];
