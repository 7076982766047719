import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { asWords } from '../parts/format.ts';
import { Menu } from '../parts/menu.tsx';
import { tell, tellProblem } from '../parts/toasts.tsx';
import { request, workspacePath } from '../session/request.ts';
import { isAdmin } from '../session/session.ts';
import type { TemplateDetail } from '../wire.ts';
import { useWorkspace } from './store-context.ts';

/** How each way to misbehave is put to a person; others are shown by their own word. */
const WORDS: Record<string, [title: string, what: string]> = {
  silent: ['Stop beating', 'It lives on, but is not heard.'],
  slow: ['Be slow', 'It beats eight times as rarely as it should.'],
  failing: ['Report failures', 'It says that nine of ten tasks fail.'],
  wedged: ['Be wedged', 'It says that it is stuck.'],
  crash: ['Crash', 'It exits, and does so again after every start.'],
  'ignore-sigterm': ['Ignore a stop', 'It has to be killed at the next restart.'],
};

const BAD_PLUGIN = 'local://bad-plugin';

/** Lets a sample agent misbehave, so that one can watch what is done about it. */
export const BreakIt = () => {
  const { name, detail, absence } = useWorkspace();
  const ways = useSignal<string[]>([]);
  const template = detail.value?.spec.template ?? null;

  useEffect(() => {
    ways.value = [];
    if (template === null || !isAdmin.value) return;
    const load = async (): Promise<void> => {
      ways.value = (await request<TemplateDetail>(`/templates/${encodeURIComponent(template)}`)).misbehaves;
    };
    load().catch(() => undefined);
  }, [template]);

  if (ways.value.length === 0 || !isAdmin.value || absence.value !== null) return null;
  const misbehave = async (how: string | null): Promise<void> => {
    try {
      await request(workspacePath(name, '/misbehave'), { method: 'POST', body: { how } });
      tell('done', how === null ? `${name} behaves again.` : `${name} misbehaves now: ${asWords(how)}.`);
    } catch (error) {
      tellProblem(error);
    }
  };
  const addBadPlugin = async (): Promise<void> => {
    try {
      await request(workspacePath(name, '/plugins'), { method: 'POST', body: { source: BAD_PLUGIN } });
      tell('done', 'A plugin that breaks its agent at the start was declared.');
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <Menu
      label="Break it"
      items={[
        ...ways.value.map((how) => {
          const [title, what] = WORDS[how] ?? [asWords(how), ''];
          return { title, what, act: () => void misbehave(how) };
        }),
        {
          title: 'Bad plugin',
          what: 'It is given a plugin that throws while it starts.',
          act: () => void addBadPlugin(),
        },
        { title: 'Behave again', what: 'The end of all misbehaviour.', act: () => void misbehave(null) },
      ]}
    />
  );
};
