import { assign, fromPromise, setup } from 'xstate';

/** A checkout: a cart and a payment side by side; the order is placed when both are done. */
export const checkoutMachine = setup({
  types: {
    context: {} as { items: number },
    events: {} as
      | { type: 'item.added' }
      | { type: 'item.removed' }
      | { type: 'cart.confirmed' }
      | { type: 'payment.started' }
      | { type: 'order.cancelled' },
  },
  actors: {
    authorise: fromPromise<{ approved: boolean }, { items: number }>(() =>
      Promise.reject(new Error('no bank')),
    ),
  },
  actions: {
    add: assign({ items: ({ context }) => context.items + 1 }),
    remove: assign({ items: ({ context }) => context.items - 1 }),
  },
  guards: {
    hasRoom: ({ context }) => context.items < 2,
    isLast: ({ context }) => context.items === 1,
    hasItems: ({ context }) => context.items > 0,
    isApproved: (_, outcome: { approved: boolean }) => outcome.approved,
  },
}).createMachine({
  id: 'checkout',
  context: { items: 0 },
  initial: 'open',
  states: {
    open: {
      type: 'parallel',
      on: { 'order.cancelled': 'cancelled' },
      onDone: 'placed',
      states: {
        cart: {
          initial: 'empty',
          states: {
            empty: { on: { 'item.added': { target: 'filled', actions: 'add' } } },
            filled: {
              on: {
                'item.added': { guard: 'hasRoom', actions: 'add' },
                'item.removed': [
                  { guard: 'isLast', target: 'empty', actions: 'remove' },
                  { actions: 'remove' },
                ],
                'cart.confirmed': 'confirmed',
              },
            },
            confirmed: { type: 'final' },
          },
        },
        payment: {
          initial: 'none',
          states: {
            none: { on: { 'payment.started': { guard: 'hasItems', target: 'authorising' } } },
            authorising: {
              invoke: {
                id: 'authorise',
                src: 'authorise',
                input: ({ context }) => ({ items: context.items }),
                onDone: [
                  { guard: { type: 'isApproved', params: ({ event }) => event.output }, target: 'paid' },
                  { target: 'declined' },
                ],
                onError: 'none',
              },
            },
            declined: { on: { 'payment.started': { guard: 'hasItems', target: 'authorising' } } },
            paid: { type: 'final' },
          },
        },
      },
    },
    placed: { type: 'final' },
    cancelled: { type: 'final' },
  },
});
