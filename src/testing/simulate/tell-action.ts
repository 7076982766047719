import type { DurationMs } from '../../../machines/time.ts';
import type { Action, Wish } from './action.ts';

/** What happens, as a sentence without its end: `an operator pauses w2`. */
export const tellAction = (action: Action): string => {
  switch (action.kind) {
    case 'create':
      return `an operator creates ${of(action)}${action.external ? ', whose agent runs elsewhere,' : ''} with ${tellWishes(action.plugins)}`;
    case 'verb':
      return `an operator asks for ${action.verb} of ${of(action)}`;
    case 'declare':
      return `an operator declares ${tellWishes(action.plugins)} for ${of(action)}`;
    case 'role':
      return `an operator gives ${of(action)} another role`;
    case 'env':
      return `an operator changes the environment of ${of(action)}`;
    case 'command':
      return `an operator gives ${of(action)} ${action.exists ? 'a command that exists' : 'a command that does not exist'}`;
    case 'secret':
      return `an operator ${action.value === null ? 'takes away' : 'sets'} the secret ${action.name} of ${action.workspace === null ? 'everybody' : of(action)}`;
    case 'rollback':
      return `an operator rolls the plugins of ${of(action)} back`;
    case 'update':
      return `an operator updates the plugins of ${of(action)}`;
    case 'release':
      return `an operator releases what is held back from ${of(action)}`;
    case 'remove':
      return `an operator removes ${of(action)}${action.purge ? ' with its files' : ''}`;
    case 'publish':
      return `the plugin ${action.plugin} gets ${action.words ? 'new words' : 'a new version'}${action.bad ? ' that makes agents crash' : ''}`;
    case 'withdraw':
      return `the plugin ${action.plugin} is withdrawn for ${tellLength(action.forMs)}`;
    case 'crash':
      return `the supervisor is killed ${tellSteps(action.steps)}, and is back after ${tellLength(action.downMs)}`;
    case 'power-cut':
      return `the power fails ${tellSteps(action.steps)}, and the supervisor is back after ${tellLength(action.downMs)}`;
    case 'disk-full':
      return `the disk is full for ${tellLength(action.forMs)}`;
    case 'beats-lost':
      return `${Math.round(action.share * 100)} % of the beats of ${whose(action)} are lost for ${tellLength(action.forMs)}`;
    case 'beats-late':
      return `beats of ${whose(action)} arrive up to ${tellLength(action.byMs)} late and in any order for ${tellLength(action.forMs)}`;
    case 'beats-doubled':
      return `beats of ${whose(action)} arrive twice for ${tellLength(action.forMs)}`;
    case 'clock-jump':
      return `the wall clock jumps ${action.byMs < 0 ? 'back' : 'ahead'} by ${tellLength(Math.abs(action.byMs))}`;
    case 'stall':
      return `the supervisor stands still for ${tellLength(action.forMs)}`;
    case 'mass-silence':
      return `nobody can be heard for ${tellLength(action.forMs)}`;
    case 'agent-exits':
      return `the agent of ${of(action)} exits`;
    case 'agent-silent':
      return `the agent of ${of(action)} falls silent for ${tellLength(action.forMs)}`;
    case 'agent-wedged':
      return `the agent of ${of(action)} is wedged for ${tellLength(action.forMs)}`;
    case 'agent-flaps':
      return `the agent of ${of(action)} fails and recovers in turn for ${tellLength(action.forMs)}`;
    case 'agent-crash-loop':
      return `agents of ${of(action)} crash soon after their start for ${tellLength(action.forMs)}`;
    case 'agent-undead':
      return `the agent of ${of(action)} that is there now beats on for ${tellLength(action.forMs)} whatever becomes of it`;
    case 'driver-fails':
      return `the driver can neither start, stop nor find ${of(action)} for ${tellLength(action.forMs)}`;
    case 'driver-slow':
      return `the driver takes ${tellLength(action.byMs)} longer for everything for ${tellLength(action.forMs)}`;
    case 'source-fails':
      return `the source of ${action.plugin} answers with errors for ${tellLength(action.forMs)}`;
    case 'source-slow':
      return `the source of ${action.plugin} takes ${tellLength(action.byMs)} for ${tellLength(action.forMs)}`;
    case 'source-hangs':
      return `the source of ${action.plugin} never ends its answers for ${tellLength(action.forMs)}`;
    case 'plugin-tampered':
      return `somebody changes the installed files of ${action.plugin} in ${of(action)}`;
    case 'restart-storm':
      break;
  }
  return `operators restart everybody ${action.times} times within seconds`;
};

export const nameOf = (workspace: number): string => `w${workspace + 1}`;
const of = ({ workspace }: { workspace: number | null }): string => nameOf(workspace ?? 0);
const whose = ({ workspace }: { workspace: number | null }): string =>
  workspace === null ? 'everybody' : nameOf(workspace);

const tellSteps = (steps: number): string =>
  steps === 0 ? 'at once' : `${steps} ${steps === 1 ? 'step' : 'steps'} later`;

const tellWishes = (wishes: readonly Wish[]): string =>
  wishes.length === 0
    ? 'no plugins'
    : `the plugins ${wishes.map(({ name, restart, track }) => [name, restart, track].filter(Boolean).join(' ')).join(', ')}`;

/** `90 s`, `5 min`, `1 h`. */
export const tellLength = (ms: DurationMs): string => {
  if (ms >= 3_600_000 && ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  if (ms >= 300_000) return `${Math.round(ms / 60_000)} min`;
  return ms >= 1_000 ? `${Math.round(ms / 1_000)} s` : `${ms} ms`;
};

/** A moment of a run by its clock: `01:02:03.004`. */
export const tellMoment = (ms: DurationMs): string => {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const rest = String(Math.floor(ms % 1_000)).padStart(3, '0');
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1_000) % 60)}.${rest}`;
};
