import { useSignal } from '@preact/signals';
import { isAdmin, READ_ONLY } from '../session/session.ts';
import { carryOut } from './carry-out.tsx';
import { useWorkspace } from './store-context.ts';
import { wordsFor } from './verb-words.ts';

/** What an operator can do now, as the machine itself says. */
export const Verbs = () => {
  const { name, live, absence } = useWorkspace();
  const busy = useSignal<string | null>(null);
  if (live.value === null || absence.value !== null) return null;
  if (!isAdmin.value) {
    return (
      <span class="quiet read-only" title={READ_ONLY} data-testid="read-only">
        Read only: viewer token
      </span>
    );
  }
  const act = async (verb: string): Promise<void> => {
    busy.value = verb;
    await carryOut(name, verb);
    busy.value = null;
  };
  return (
    <div class="verbs" role="group" aria-label="What you can do">
      {live.value.why.operator.map(({ verb, command }) => {
        const { title, hurts } = wordsFor(verb);
        return (
          <button
            key={verb}
            type="button"
            class={`button button-small ${hurts ? 'button-danger-quiet' : ''}`}
            title={command}
            disabled={busy.value !== null}
            onClick={() => void act(verb)}
          >
            {title}
          </button>
        );
      })}
    </div>
  );
};
