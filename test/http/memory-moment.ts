import type { WorkspaceView } from '../../src/supervisor/api.ts';
import type { Moment, Why } from '../../src/supervisor/watching-api.ts';

/** A moment of a workspace as the memory supervisor tells it. */
export const memoryMoment = (view: WorkspaceView, seq: number | null, why: Why): Moment => ({
  machine: 'workspace',
  seq: seq ?? 1,
  at: view.since,
  live: seq === null,
  exact: true,
  event: 'workspace.created',
  from: null,
  status: view.status,
  state: view.state,
  active: ['wanted', view.state],
  since: view.since,
  incarnation: view.incarnation,
  generation: view.generation,
  reason: view.reason,
  lastEdges: ['wanted.starting||0'],
  possible: [{ edge: 'wanted|operator.paused|0', event: 'operator.paused', target: 'resting.pausing' }],
  armed: [
    {
      name: 'provisionBy',
      at: view.since + 1_000,
      move: { edge: 'wanted.provisioning|deadline.passed|2', to: 'wanted.failed', description: 'It fails' },
    },
  ],
  children: [
    {
      id: 'reconcile',
      machine: 'reconcile',
      state: 'planning',
      active: ['planning'],
      lastEdges: [],
      possible: [],
    },
  ],
  declared: seq === null ? view.plugins.declared : null,
  plugins: { ...view.plugins, probationUntil: null },
  why,
});
