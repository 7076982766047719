import { signal } from '@preact/signals';
import { parseRoute } from './route.ts';

/** Where the page is, as its address says. */
export const route = signal(parseRoute(location.hash));

/** Goes elsewhere; with `replace` the way back leads to before the present place. */
export const go = (hash: string, { replace = false }: { replace?: boolean } = {}): void => {
  if (replace) history.replaceState(null, '', hash);
  else history.pushState(null, '', hash);
  follow();
};

const follow = (): void => {
  route.value = parseRoute(location.hash);
};

addEventListener('hashchange', follow);
addEventListener('popstate', follow);
