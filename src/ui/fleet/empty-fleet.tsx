import { useSignal } from '@preact/signals';
import { workspaceHash } from '../parts/route.ts';
import { go } from '../parts/router.ts';
import { tell, tellProblem } from '../parts/toasts.tsx';
import { request } from '../session/request.ts';
import { isAdmin, READ_ONLY } from '../session/session.ts';

/** Short waits, so that what a supervisor does can be watched. */
const DEMO = {
  name: 'demo',
  template: 'seo-agent',
  policy: {
    offline_after: '15s',
    provision_within: '30s',
    degraded_for: '5s',
    restart_backoff: '2s',
    restart_backoff_max: '10s',
    stop_grace: '3s',
    resync_every: '2m',
    plugin_probation: '30s',
  },
};

/** What there is to do while there is no workspace. */
export const EmptyFleet = () => {
  const isBusy = useSignal(false);
  const start = async (): Promise<void> => {
    isBusy.value = true;
    try {
      await request('/workspaces', { method: 'POST', body: DEMO });
      tell('done', 'The demo workspace is being started.');
      go(workspaceHash(DEMO.name));
    } catch (error) {
      tellProblem(error);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <section class="notice" data-testid="empty-fleet">
      <h1>No workspace yet</h1>
      <p>
        A workspace is the home of one agent: Keepwell starts it, keeps it alive and gives it exactly the
        plugins that it declares. Start the sample agent and watch; then break it.
      </p>
      <p>
        <button
          type="button"
          class="button button-primary"
          disabled={!isAdmin.value || isBusy.value}
          onClick={() => void start()}
        >
          {isBusy.value ? 'Starting…' : 'Start a demo workspace'}
        </button>
      </p>
      {!isAdmin.value && <p class="quiet">{READ_ONLY}</p>}
      <p class="quiet">
        Or from a terminal: <code>keepwell create my-agent --template seo-agent --wait</code>
      </p>
    </section>
  );
};
