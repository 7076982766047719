import { useEffect } from 'preact/hooks';
import { FleetPage } from './fleet/fleet-page.tsx';
import { forgetFleet } from './fleet/fleet-store.ts';
import { Questions } from './parts/ask.tsx';
import { Help } from './parts/help.tsx';
import { route } from './parts/router.ts';
import { Toasts } from './parts/toasts.tsx';
import { session } from './session/session.ts';
import { SignIn } from './session/sign-in.tsx';
import { OutageBar } from './shell/outage-bar.tsx';
import { TopBar } from './shell/top-bar.tsx';
import { SupervisorPage } from './supervisor/supervisor-page.tsx';
import { WorkspacePage } from './workspace/workspace-page.tsx';

/** The whole page: the sign-in, or what the address asks for. */
export const App = () => {
  const who = session.value;
  useTitle();
  useEffect(() => {
    if (who === null) forgetFleet();
  }, [who]);
  if (who === undefined) return <p class="loading">Connecting…</p>;
  return (
    <>
      {who === null ? (
        <SignIn />
      ) : (
        <div class="shell">
          <a class="skip" href="#main" onClick={skipToMain}>
            Skip to the content
          </a>
          <TopBar />
          <OutageBar />
          <main id="main" tabIndex={-1}>
            <Page />
          </main>
        </div>
      )}
      <Toasts />
      <Questions />
      <Help />
    </>
  );
};

const Page = () => {
  const place = route.value;
  if (place.page === 'fleet') return <FleetPage />;
  if (place.page === 'supervisor') return <SupervisorPage />;
  if (place.page === 'workspace') return <WorkspacePage key={place.name} name={place.name} />;
  return (
    <section class="notice">
      <h1>There is no such page</h1>
      <p>
        <a href="#/">See all workspaces</a>
      </p>
    </section>
  );
};

const useTitle = (): void => {
  const place = route.value;
  const here = place.page === 'workspace' ? place.name : place.page === 'supervisor' ? 'Supervisor' : 'Fleet';
  useEffect(() => {
    document.title = `${here} · Keepwell`;
  }, [here]);
};

/** The address is what says which page this is, so that the jump must not change it. */
const skipToMain = (event: Event): void => {
  event.preventDefault();
  document.getElementById('main')?.focus();
};
