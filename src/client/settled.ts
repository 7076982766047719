import { KeepwellApiError } from './api-error.ts';
import { sleep } from './backoff.ts';
import { type CallOptions, signalsOf } from './transport.ts';
import type { WorkspaceDetail } from './types.ts';

export type WaitOptions = {
  signal?: AbortSignal;
  /** Default 300 000. */
  withinMs?: number;
};

type Get = (key: string, call: CallOptions) => Promise<WorkspaceDetail>;

const WITHIN_MS = 300_000;
const FIRST_LOOK_MS = 100;
const LOOK_EVERY_MS = 1_000;

/**
 * Looks at a workspace until it is online with every plugin of the generation that it has now.
 *
 * An agent elsewhere has to be started by somebody meanwhile. Throws `KeepwellApiError` with `status` 0: `TIMED_OUT`
 * after `withinMs`, else the code of what failed, is blocked, or was put to rest.
 */
export const settled = async (
  get: Get,
  outer: AbortSignal | undefined,
  key: string,
  { withinMs = WITHIN_MS, signal }: WaitOptions = {},
): Promise<WorkspaceDetail> => {
  const end = performance.now() + withinMs;
  const signals = signalsOf(outer, signal);
  const call = signal === undefined ? {} : { signal };
  let view = await get(key, call);
  const { generation } = view;
  for (
    let waitMs = FIRST_LOOK_MS;
    !isSettled(view, generation);
    waitMs = Math.min(LOOK_EVERY_MS, waitMs * 2)
  ) {
    refuseStuck(view);
    if (performance.now() + waitMs > end) throw late(view);
    await sleep(waitMs, signals);
    view = await get(view.id, call);
  }
  return view;
};

const isSettled = (view: WorkspaceDetail, generation: number): boolean =>
  view.state === 'wanted.online.converged' &&
  view.observed_generation >= generation &&
  !view.restart_pending &&
  view.plugins.failed === 0;

const refuseStuck = ({ name, state, status, reason, plugins }: WorkspaceDetail): void => {
  const [blocked] = plugins.blocked;
  const isResting = state.startsWith('resting.');
  if (status !== 'failed' && !isResting && state !== 'wanted.online.blocked') return;
  const why = blocked?.message ?? reason?.message;
  throw new KeepwellApiError(`${name} is ${blocked ? 'blocked' : status}${why ? `: ${why}` : '.'}`, {
    status: 0,
    code: blocked?.code ?? reason?.code ?? 'NOT_SETTLED',
    hint: reason?.hint ?? 'GET /workspaces/:id/why says more.',
    details: plugins.blocked,
  });
};

const late = ({ name, state }: WorkspaceDetail): KeepwellApiError =>
  new KeepwellApiError(`${name} did not settle in time: it is in ${state}.`, {
    status: 0,
    code: 'TIMED_OUT',
    hint: 'GET /workspaces/:id/why says what it waits for.',
  });
