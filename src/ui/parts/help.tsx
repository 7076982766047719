import { signal } from '@preact/signals';
import { Dialog } from './dialog.tsx';

const isShown = signal(false);

export const showHelp = (): void => {
  isShown.value = true;
};

const KEYS: { where: string; keys: [keys: string[], what: string][] }[] = [
  {
    where: 'Fleet',
    keys: [
      [['/'], 'search'],
      [['j', 'k', '↓', '↑'], 'next and previous workspace'],
      [['Home', 'End'], 'first and last'],
      [['Enter'], 'open'],
      [['Esc'], 'clear the search'],
    ],
  },
  {
    where: 'Workspace',
    keys: [
      [['['], 'one transition back in time'],
      [[']'], 'one transition on'],
      [['n'], 'back to now'],
      [['f'], 'fit the whole chart'],
      [['a'], 'go to the active state'],
      [['←', '→', '↑', '↓'], 'in the chart: walk through states and transitions'],
      [['Esc'], 'back to the fleet'],
    ],
  },
  { where: 'Everywhere', keys: [[['?'], 'this help']] },
];

/** The keyboard, on demand. */
export const Help = () => {
  if (!isShown.value) return null;
  const close = (): void => {
    isShown.value = false;
  };
  return (
    <Dialog title="Keyboard" onClose={close}>
      {KEYS.map(({ where, keys }) => (
        <section key={where} class="help-part">
          <h3>{where}</h3>
          <dl>
            {keys.map(([names, what]) => (
              <div key={what}>
                <dt>
                  {names.map((name) => (
                    <kbd key={name}>{name}</kbd>
                  ))}
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
};
