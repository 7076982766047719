import { assign, setup } from 'xstate';
import type { DurationMs, EpochMs } from '../time.ts';
import { isMassSilence, type Silence } from './silence.ts';

/** `until`: how long silence is not judged because of it. */
export type SupervisorEvent =
  | { type: 'supervisor.started'; at: EpochMs; until: EpochMs }
  | { type: 'supervisor.heldUp'; at: EpochMs; until: EpochMs; lateMs: DurationMs }
  | ({ type: 'silence.observed'; at: EpochMs; until: EpochMs } & Silence)
  | { type: 'deadline.passed'; at: EpochMs };

/** Since when silence is not judged, until when, and why. */
export type Hold = { since: EpochMs; until: EpochMs; reason: string };

/**
 * Whether the supervisor trusts its own ears.
 *
 * An agent is called silent only where it could have been heard: not while the supervisor was away or stood still, and
 * not when most of the fleet falls silent at once, which is likelier a fault between it and them. Nothing of it is
 * stored: a supervisor that starts begins deaf.
 */
export const supervisorMachine = setup({
  types: {
    /** The last hold is kept when it is over, for people. */
    context: {} as { hold: Hold | null },
    events: {} as SupervisorEvent,
    tags: {} as 'judges' | 'holds',
  },
  guards: {
    isMassSilence: (_, silence: Silence) => isMassSilence(silence),
    isNoMassSilence: (_, silence: Silence) => !isMassSilence(silence),
  },
  actions: {
    /** One hold that follows upon another goes on from where that began. */
    hold: assign({
      hold: (
        { context: { hold } },
        { at, until, reason }: { at: EpochMs; until: EpochMs; reason: string },
      ) => ({
        since: hold !== null && hold.until >= at ? hold.since : at,
        until,
        reason,
      }),
    }),
    endHold: assign({
      hold: ({ context: { hold } }, at: EpochMs) => (hold === null ? null : { ...hold, until: at }),
    }),
  },
}).createMachine({
  id: 'supervisor',
  description: 'Whether the supervisor trusts its own ears, and so judges silence.',
  context: { hold: null },
  initial: 'listening',
  on: {
    'supervisor.started': {
      target: '.listening.deaf',
      description: 'Nobody could be heard before it.',
      actions: { type: 'hold', params: ({ event: { at, until } }) => ({ at, until, reason: DEAF }) },
    },
    'supervisor.heldUp': {
      target: '.listening.late',
      description: 'It stood still, or its machine did, or the clock jumped.',
      actions: {
        type: 'hold',
        params: ({ event: { at, until, lateMs } }) => ({ at, until, reason: lateWords(lateMs) }),
      },
    },
  },
  states: {
    listening: {
      description: 'Whoever is not heard for a whole lease is offline.',
      tags: ['judges'],
      initial: 'steady',
      on: {
        'silence.observed': {
          target: 'holding',
          guard: { type: 'isMassSilence', params: ({ event }) => event },
          description: 'Most of the fleet fell silent at once.',
          actions: {
            type: 'hold',
            params: ({ event: { at, until, ...silence } }) => ({ at, until, reason: silenceWords(silence) }),
          },
        },
      },
      states: {
        steady: { description: 'Nothing is wrong with its own ears.' },
        deaf: {
          description: 'It has just started: every agent first gets a whole lease to be heard.',
          tags: ['holds'],
          exit: { type: 'endHold', params: ({ event }) => event.at },
          on: { 'deadline.passed': { target: 'steady', description: 'Everybody could be heard.' } },
        },
        late: {
          description: 'It was held up: every agent first gets a whole lease to be heard.',
          tags: ['holds'],
          exit: { type: 'endHold', params: ({ event }) => event.at },
          on: { 'deadline.passed': { target: 'steady', description: 'Everybody could be heard.' } },
        },
      },
    },
    holding: {
      description:
        'Most of the fleet is silent, which is taken for a fault between it and them: nobody is called offline.',
      tags: ['holds'],
      exit: { type: 'endHold', params: ({ event }) => event.at },
      on: {
        'silence.observed': {
          target: 'listening',
          guard: { type: 'isNoMassSilence', params: ({ event }) => event },
          description: 'Enough agents are heard again.',
        },
        'deadline.passed': {
          target: 'conceding',
          description: 'It has lasted too long to be a fault of the moment.',
        },
      },
    },
    conceding: {
      description: 'Most of the fleet has been silent for so long that it is believed, and judged.',
      tags: ['judges'],
      on: {
        'silence.observed': {
          target: 'listening',
          guard: { type: 'isNoMassSilence', params: ({ event }) => event },
          description: 'It has been judged, or is over.',
        },
      },
    },
  },
});

const DEAF = 'The supervisor has just started: nobody is called silent because it was deaf.';

const lateWords = (lateMs: DurationMs): string =>
  `The supervisor was held up, or the clock jumped, by ${Math.round(lateMs / 1000)} s: every agent gets a whole lease.`;

const silenceWords = ({ silent, listening }: Silence): string =>
  `${silent} of ${listening} agents fell silent at once: that is taken for a fault between Keepwell and them.`;
