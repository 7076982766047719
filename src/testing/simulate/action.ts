import type { DurationMs } from '../../../machines/time.ts';
import type { RestartPreference } from '../../../machines/workspace/spec.ts';

/** What an operator may declare here: the name says the source too. */
export type Wish = { name: string; restart?: RestartPreference; track?: 'auto' };

/** What people do, and publishers of plugins. */
export type Deed =
  | {
      kind: 'create';
      workspace: number;
      external: boolean;
      plugins: Wish[];
      /** Short waits, so that few hours meet their ends. */
      hasty: boolean;
    }
  | {
      kind: 'verb';
      workspace: number;
      verb: 'restart' | 'pause' | 'resume' | 'hibernate' | 'wake' | 'retry' | 'reconcile';
    }
  | { kind: 'declare'; workspace: number; plugins: Wish[] }
  | { kind: 'role'; workspace: number; role: string }
  | { kind: 'env'; workspace: number; value: string }
  | { kind: 'command'; workspace: number; exists: boolean }
  /** For everybody where `workspace` is null; taken away where `value` is null. */
  | { kind: 'secret'; workspace: number | null; name: string; value: string | null }
  | { kind: 'rollback'; workspace: number }
  | { kind: 'update'; workspace: number }
  | { kind: 'release'; workspace: number }
  | { kind: 'remove'; workspace: number; purge: boolean }
  /** `bad`: agents that load it crash. `words`: only its `SKILL.md` changed. */
  | { kind: 'publish'; plugin: string; bad: boolean; words: boolean }
  | { kind: 'withdraw'; plugin: string; forMs: DurationMs };

/** What goes wrong. The kinds are the names that `--faults` takes. */
export type Fault =
  /** The supervisor dies `steps` boundaries later, wherever it is then. */
  | { kind: 'crash'; steps: number; downMs: DurationMs }
  /** So does everything that runs. */
  | { kind: 'power-cut'; steps: number; downMs: DurationMs }
  | { kind: 'disk-full'; forMs: DurationMs }
  | { kind: 'beats-lost'; workspace: number | null; forMs: DurationMs; share: number }
  | { kind: 'beats-late'; workspace: number | null; forMs: DurationMs; byMs: DurationMs }
  | { kind: 'beats-doubled'; workspace: number | null; forMs: DurationMs }
  | { kind: 'clock-jump'; byMs: DurationMs }
  | { kind: 'stall'; forMs: DurationMs }
  | { kind: 'mass-silence'; forMs: DurationMs }
  | { kind: 'agent-exits'; workspace: number }
  | { kind: 'agent-silent'; workspace: number; forMs: DurationMs }
  | { kind: 'agent-wedged'; workspace: number; forMs: DurationMs }
  | { kind: 'agent-flaps'; workspace: number; forMs: DurationMs }
  | { kind: 'agent-crash-loop'; workspace: number; forMs: DurationMs }
  /** An agent that was stopped beats on. */
  | { kind: 'agent-undead'; workspace: number; forMs: DurationMs }
  | { kind: 'driver-fails'; workspace: number; forMs: DurationMs }
  | { kind: 'driver-slow'; forMs: DurationMs; byMs: DurationMs }
  | { kind: 'source-fails'; plugin: string; forMs: DurationMs }
  | { kind: 'source-slow'; plugin: string; forMs: DurationMs; byMs: DurationMs }
  | { kind: 'source-hangs'; plugin: string; forMs: DurationMs }
  | { kind: 'plugin-tampered'; workspace: number; plugin: string }
  | { kind: 'restart-storm'; times: number };

/** One thing that is made to happen. `n` names it within its plan; `atMs` is counted from the start. */
export type Action = { n: number; atMs: DurationMs } & (Deed | Fault);

export type FaultKind = Fault['kind'];

const KINDS: Record<FaultKind, true> = {
  crash: true,
  'power-cut': true,
  'disk-full': true,
  'beats-lost': true,
  'beats-late': true,
  'beats-doubled': true,
  'clock-jump': true,
  stall: true,
  'mass-silence': true,
  'agent-exits': true,
  'agent-silent': true,
  'agent-wedged': true,
  'agent-flaps': true,
  'agent-crash-loop': true,
  'agent-undead': true,
  'driver-fails': true,
  'driver-slow': true,
  'source-fails': true,
  'source-slow': true,
  'source-hangs': true,
  'plugin-tampered': true,
  'restart-storm': true,
};

/** Every fault by name. */
export const FAULT_KINDS = Object.keys(KINDS) as FaultKind[];

export const isFault = (action: Action): action is Action & Fault => Object.hasOwn(KINDS, action.kind);
