import { assign, setup } from 'xstate';

/** A light for cars with a button for those on foot; amber blinks while its controller is broken. */
export const trafficLightMachine = setup({
  types: {
    context: {} as { isAwaited: boolean },
    events: {} as { type: 'button.pressed' } | { type: 'fault.found' } | { type: 'fault.mended' },
  },
  actions: {
    noteWish: assign({ isAwaited: true }),
    forgetWish: assign({ isAwaited: false }),
  },
  guards: { isAwaited: ({ context }) => context.isAwaited },
  delays: { redTime: 30_000, greenTime: 20_000, walkTime: 8_000 },
}).createMachine({
  id: 'traffic-light',
  context: { isAwaited: false },
  initial: 'working',
  states: {
    working: {
      initial: 'red',
      on: { 'button.pressed': { actions: 'noteWish' }, 'fault.found': 'blinking' },
      states: {
        red: { after: { redTime: [{ guard: 'isAwaited', target: 'walk' }, { target: 'green' }] } },
        walk: {
          entry: 'forgetWish',
          // Who walks already need not ask.
          on: { 'button.pressed': {} },
          after: { walkTime: 'green' },
        },
        green: { after: { greenTime: 'amber' } },
        amber: { after: { 3_000: 'red' } },
      },
    },
    blinking: { entry: 'forgetWish', on: { 'fault.mended': 'working' } },
  },
});
