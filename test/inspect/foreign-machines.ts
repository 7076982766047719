import { and, createMachine, fromCallback, not, or, raise, setup, stateIn } from 'xstate';

/** Machines that are not ours, with everything that XState lets one write. */

const trafficLight = createMachine({
  id: 'light',
  description: 'Lets one street wait for the other.',
  initial: 'green',
  on: { 'power.*': '.red', RESET: '.green' },
  states: {
    green: { after: { 5000: 'yellow' } },
    yellow: { after: { 1500: [{ guard: 'isRush', target: 'green' }, { target: 'red' }] } },
    red: { after: { hold: 'green' }, entry: ['ring', { type: 'show', params: { colour: 'red' } }] },
  },
});

const checkout = createMachine({
  id: 'checkout',
  type: 'parallel',
  onDone: { actions: 'celebrate' },
  on: {
    finish: { target: ['.pay.paid', '.ship.sent'], description: 'Both at once.' },
    order: { actions: 'note' },
    'order.cancelled': { target: '.pay.open' },
  },
  states: {
    pay: {
      initial: 'open',
      onDone: { actions: 'thank' },
      states: {
        open: {
          on: {
            PAY: { guard: { type: 'isEnough', params: { amount: 5 } }, target: 'paid' },
            MOVE: { target: ['paid', '#checkout.ship.held'] },
          },
        },
        paid: { type: 'final' },
      },
    },
    ship: {
      initial: 'packing',
      states: {
        packing: {
          on: {
            SENT: { guard: not('isLate'), target: 'sent' },
            HELD: { guard: and(['isOwned', or(['isOld', stateIn('#checkout.pay.paid')])]), target: 'held' },
          },
        },
        held: { on: { '*': 'packing', 'SENT.*': { guard: 'isLate', target: 'sent' } } },
        sent: { type: 'final' },
      },
    },
  },
});

const player = createMachine({
  id: 'player',
  initial: 'off',
  states: {
    off: { id: 'dark', on: { ON: 'on.back', COLD: 'on', LAST: { target: 'on.last' } } },
    on: {
      initial: 'slow',
      on: { OFF: 'off', HOME: '.slow', BACK: '.back', AGAIN: { target: 'on', reenter: true }, SAME: 'on' },
      states: {
        back: { type: 'history', history: 'deep' },
        last: { type: 'history', target: 'fast' },
        slow: { on: { FAST: 'fast' } },
        fast: {
          initial: { target: 'low', actions: 'spin' },
          states: {
            low: { on: { UP: 'high', OUT: { target: '#dark' }, DEAF: {} } },
            high: { always: [{ guard: 'isTired', target: '#player.on.slow' }], on: { DOWN: 'low' } },
          },
        },
      },
    },
  },
});

const loader = setup({
  actors: { light: trafficLight, watch: fromCallback(() => {}) },
  actions: { keep: () => {} },
}).createMachine({
  id: 'loader',
  initial: 'loading',
  states: {
    loading: {
      description: 'Waits for "both" <parts> & more.',
      tags: ['busy'],
      invoke: [
        { id: 'traffic', src: 'light', onDone: 'ready', onSnapshot: { actions: 'keep' } },
        { src: 'watch', onError: [{ guard: () => true, target: 'broken' }, { actions: 'keep' }] },
      ],
    },
    ready: { type: 'final' },
    broken: {
      entry: raise({ type: 'retry' }),
      on: { retry: 'loading', 'name with spaces': { target: 'ready' } },
    },
  },
});

const pieces = createMachine({ id: 'pieces', initial: 'only', states: { only: {} } });

export const FOREIGN = [trafficLight, checkout, player, loader, pieces];
