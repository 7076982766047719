import { ask } from '../parts/ask.tsx';
import { go } from '../parts/router.ts';
import { tell, tellProblem } from '../parts/toasts.tsx';
import { request, workspacePath } from '../session/request.ts';
import { wordsFor } from './verb-words.ts';

/** Does what a verb stands for, after asking where it hurts, and tells what came of it. */
export const carryOut = async (name: string, verb: string): Promise<void> => {
  const { title, confirm, hurts } = wordsFor(verb);
  const plain = title.replace('…', '');
  const purge = { wanted: false };
  if (confirm !== null) {
    const body = (
      <>
        <p>{confirm}</p>
        {verb === 'remove' && (
          <label class="check">
            <input
              type="checkbox"
              onChange={(event) => {
                purge.wanted = event.currentTarget.checked;
              }}
            />{' '}
            Delete its files too
          </label>
        )}
      </>
    );
    if (!(await ask({ title: `${plain} ${name}?`, body, yes: plain, hurts }))) return;
  }
  try {
    if (verb === 'remove') {
      await request(workspacePath(name, purge.wanted ? '?purge=true' : ''), { method: 'DELETE' });
      tell('done', `${name} was removed.`);
      go('#/');
      return;
    }
    await request(workspacePath(name, `/${encodeURIComponent(verb)}`), { method: 'POST' });
    tell('done', `${plain}: ${name} takes it from here.`);
  } catch (error) {
    tellProblem(error);
  }
};
