import { useSignal } from '@preact/signals';

/** Declares one more plugin by its source. */
export const AddPlugin = ({ onAdd }: { onAdd: (source: string) => Promise<void> }) => {
  const source = useSignal('');
  const isBusy = useSignal(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    isBusy.value = true;
    await onAdd(source.value.trim());
    source.value = '';
    isBusy.value = false;
  };
  return (
    <form class="add-plugin" onSubmit={(event) => void submit(event)}>
      <label class="visually-hidden" for="plugin-source">
        Source of a plugin
      </label>
      <input
        id="plugin-source"
        type="text"
        spellcheck={false}
        placeholder="local://name or git+https://…#ref"
        value={source.value}
        onInput={(event) => {
          source.value = event.currentTarget.value;
        }}
      />
      <button type="submit" class="button button-small" disabled={isBusy.value || source.value.trim() === ''}>
        Add plugin
      </button>
    </form>
  );
};
