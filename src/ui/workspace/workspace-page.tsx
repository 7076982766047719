import { useEffect, useMemo } from 'preact/hooks';
import { workspaceHash } from '../parts/route.ts';
import { go } from '../parts/router.ts';
import { useKeys } from '../parts/use-keys.ts';
import { ChartPanel } from './chart-panel.tsx';
import { PastBanner } from './past-banner.tsx';
import { stepInTime } from './step-in-time.ts';
import { StoreContext } from './store-context.ts';
import { TimeTravel } from './time-travel.tsx';
import { WhyPanel } from './why-panel.tsx';
import { WorkspaceHead } from './workspace-head.tsx';
import { createWorkspaceStore, type WorkspaceStore } from './workspace-store.ts';
import { WorkspaceTabs } from './workspace-tabs.tsx';

/** One workspace: the machine that runs it, why it is where it is, and how it got there. */
export const WorkspacePage = ({ name }: { name: string }) => {
  const store = useMemo(() => createWorkspaceStore(name), [name]);
  useEffect(() => () => store.close(), [store]);
  const step = (by: 1 | -1): void => {
    const seq = stepInTime(store.journal.rows.value, store.at.value, by);
    if (seq !== undefined) go(workspaceHash(name, seq), { replace: true });
  };
  useKeys({
    '[': () => step(-1),
    ']': () => step(1),
    n: () => go(workspaceHash(name), { replace: true }),
    Escape: () => go('#/'),
  });
  if (store.absence.value === 'missing') return <Missing name={name} />;
  return (
    <StoreContext.Provider value={store}>
      <article class="workspace" aria-labelledby="workspace-title" data-past={store.at.value !== null}>
        <WorkspaceHead />
        <PastBanner />
        <RemovedBanner store={store} />
        <div class="workspace-body">
          <div class="workspace-main">
            <ChartPanel />
            <TimeTravel />
          </div>
          <div class="workspace-side">
            <WhyPanel />
            <WorkspaceTabs />
          </div>
        </div>
      </article>
    </StoreContext.Provider>
  );
};

const RemovedBanner = ({ store }: { store: WorkspaceStore }) =>
  store.absence.value === 'removed' ? (
    <div class="bar" role="status">
      <p>This workspace was removed. Its journal is kept: go back in time to see how it lived.</p>
    </div>
  ) : null;

const Missing = ({ name }: { name: string }) => (
  <section class="notice" data-testid="workspace-missing">
    <h1>There is no workspace {name}</h1>
    <p>
      <a href="#/">See all workspaces</a>
    </p>
  </section>
);
