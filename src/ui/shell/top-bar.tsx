import { showHelp } from '../parts/help.tsx';
import { route } from '../parts/router.ts';
import { ThemeButton } from '../parts/theme.tsx';
import { session } from '../session/session.ts';
import { signOut } from '../session/sign.ts';
import { LiveLight } from './live-light.tsx';

/** Where one is, whether it is live, and who is signed in. */
export const TopBar = () => {
  const { page } = route.value;
  return (
    <header class="top-bar">
      <a class="brand" href="#/">
        <Logo />
        <span>Keepwell</span>
      </a>
      <nav aria-label="Pages">
        <a href="#/" aria-current={page === 'fleet' ? 'page' : undefined}>
          Fleet
        </a>
        <a href="#/supervisor" aria-current={page === 'supervisor' ? 'page' : undefined}>
          Supervisor
        </a>
      </nav>
      <div class="top-bar-end">
        <LiveLight />
        <Role />
        <ThemeButton />
        <button
          type="button"
          class="icon-button wide-only"
          aria-label="Keyboard help"
          title="Keyboard (?)"
          onClick={showHelp}
        >
          <span aria-hidden="true">?</span>
        </button>
        <button type="button" class="button button-small" onClick={() => void signOut()}>
          Sign out
        </button>
      </div>
    </header>
  );
};

const Role = () => {
  const who = session.value;
  if (!who) return null;
  const what = who.role === 'admin' ? 'Administrator' : 'Viewer, reads only';
  return (
    <span class="role" data-testid="role" title={what}>
      {who.role}
      {who.name !== null && <span class="quiet wide-only"> {who.name}</span>}
    </span>
  );
};

const Logo = () => (
  <svg class="logo" width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" />
    <path d="M9 8v16M9 17l9-9M13.5 13.5l9.5 10.5" />
  </svg>
);
