import type { DurationMs } from '../../machines/time.ts';
import type { Policy } from '../../machines/workspace/policy.ts';
import type { RuntimeName, WorkspaceSpec } from '../../machines/workspace/spec.ts';
import type { Hasher } from './hasher-port.ts';
import type { Observer } from './observer.ts';
import type { Clock, Dice, Reconciler, ReconcilerHost, Runtime, Store, Vault } from './ports.ts';
import type { WorkspaceLogic } from './restore.ts';

export type Log = Record<'debug' | 'info' | 'warn' | 'error', (details: object, message: string) => void>;

export type SupervisorOptions = {
  store: Store;
  runtimes: Partial<Record<RuntimeName, Runtime>>;
  reconciler: (host: ReconcilerHost) => Reconciler;
  clock: Clock;
  dice: Dice;
  hasher: Hasher;
  log: Log;
  adminToken: string;
  policyDefaults: Policy;
  /** How often agents of a small fleet are asked to beat. */
  beatIntervalMs: DurationMs;
  enrolment: 'open' | 'closed';
  vault: Vault;
  /** How long nobody is called offline after most of the fleet fell silent at once. Default 10 min; 0: not at all. */
  silenceHoldMs?: DurationMs;
  /** Told why nobody is called offline when most of the fleet fell silent, and null when that is over. */
  onHold?: (reason: string | null) => void;
  /** How often what a reference stands for is looked up. Default 1 h. */
  pluginCheckEveryMs?: DurationMs;
  /** Frees what nobody needs any more. Called some minutes after the start and once a day. Default: nothing. */
  collectGarbage?: (workspaces: { id: string; spec: WorkspaceSpec }[]) => Promise<void>;
  /** Lays out what an agent of a template expects to find; does nothing where it is there. Default: nothing. */
  placeTemplate?: (template: string, workspaceId: string) => Promise<void>;
  /** Who measures. Default: nobody. */
  observer?: Observer;
  /** Lets a test put other implementations into the machine. */
  adaptMachine?: (machine: WorkspaceLogic) => WorkspaceLogic;
};
