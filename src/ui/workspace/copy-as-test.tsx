import { useSignal } from '@preact/signals';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { tell, tellProblem } from '../parts/toasts.tsx';
import { request, workspacePath } from '../session/request.ts';
import { useWorkspace } from './store-context.ts';

/** The path from the beginning to a moment as a test that can be run. */
export const CopyAsTest = ({ at }: { at: number }) => {
  const { name } = useWorkspace();
  const uncopied = useSignal<string | null>(null);
  const copy = async (): Promise<void> => {
    try {
      const text = await request<string>(workspacePath(name, `/machine/test?at=${at}`), { as: 'text' });
      try {
        await navigator.clipboard.writeText(text);
        tell('done', 'The test is in the clipboard.');
      } catch {
        uncopied.value = text;
      }
    } catch (error) {
      tellProblem(error);
    }
  };
  return (
    <>
      <button type="button" class="button button-small" onClick={() => void copy()}>
        <Icon name="copy" size={14} /> Copy as test
      </button>
      {uncopied.value !== null && (
        <Dialog
          title="Copy as test"
          onClose={() => {
            uncopied.value = null;
          }}
        >
          <p class="quiet">The browser keeps its clipboard to itself here. Copy it by hand:</p>
          <textarea
            class="code-area"
            aria-label="The test"
            readOnly
            rows={16}
            value={uncopied.value}
            onFocus={(event) => event.currentTarget.select()}
          />
        </Dialog>
      )}
    </>
  );
};
