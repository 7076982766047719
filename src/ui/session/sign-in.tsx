import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ThemeButton } from '../parts/theme.tsx';
import { RequestError } from './request.ts';
import { signIn } from './sign.ts';

/** Asks for the administrator's token or that of a viewer. */
export const SignIn = () => {
  const field = useRef<HTMLInputElement>(null);
  const problem = useSignal<string | null>(null);
  const isBusy = useSignal(false);
  useEffect(() => field.current?.focus(), []);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const token = field.current?.value.trim() ?? '';
    if (token === '') {
      problem.value = 'Enter a token.';
      return;
    }
    isBusy.value = true;
    problem.value = null;
    try {
      await signIn(token);
    } catch (error) {
      problem.value = sentenceOf(error);
      field.current?.select();
    } finally {
      isBusy.value = false;
    }
  };

  return (
    <main class="sign-in">
      <form
        class="card sign-in-card"
        onSubmit={(event) => void submit(event)}
        aria-labelledby="sign-in-title"
      >
        <h1 id="sign-in-title">Sign in to Keepwell</h1>
        <p class="quiet">
          With the administrator's token, which was printed at the first start and is kept in{' '}
          <code>admin-token</code> in the data folder, or with a viewer's token, which reads only.
        </p>
        <label for="token">Token</label>
        <input
          id="token"
          ref={field}
          type="password"
          autocomplete="current-password"
          spellcheck={false}
          aria-invalid={problem.value !== null}
          aria-describedby="sign-in-problem"
        />
        <p id="sign-in-problem" class="problem" role="alert">
          {problem.value}
        </p>
        <button type="submit" class="button button-primary" disabled={isBusy.value}>
          {isBusy.value ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
      <div class="sign-in-theme">
        <ThemeButton />
      </div>
    </main>
  );
};

const sentenceOf = (error: unknown): string => {
  if (!(error instanceof RequestError)) return String(error);
  if (error.status === 401) return 'No such token, or it was revoked.';
  if (error.status === 429) {
    const wait = error.retryAfterSeconds === null ? 'a minute' : `${error.retryAfterSeconds} s`;
    return `Too many wrong tokens. Try again in ${wait}.`;
  }
  return `${error.message} ${error.hint ?? ''}`.trim();
};
