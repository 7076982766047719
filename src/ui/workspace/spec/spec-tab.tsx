import { useSignal } from '@preact/signals';
import { useWorkspace } from '../store-context.ts';
import { toYaml } from './to-yaml.ts';

const FORMS = ['YAML', 'JSON'] as const;

/** What was asked of it, and every number in force. */
export const SpecTab = () => {
  const { detail } = useWorkspace();
  const form = useSignal<(typeof FORMS)[number]>('YAML');
  const about = detail.value;
  if (about === null) return <p class="quiet">Reading…</p>;
  const write = (value: unknown): string =>
    form.value === 'YAML' ? toYaml(value) : JSON.stringify(value, null, 2);
  return (
    <div class="spec" data-testid="spec">
      <div class="spec-head">
        <span class="quiet">
          Generation {about.generation}
          {about.observed_generation !== about.generation &&
            `, of which ${about.observed_generation} is in place`}
        </span>
        <div class="segments" role="group" aria-label="Written as">
          {FORMS.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={form.value === each}
              onClick={() => {
                form.value = each;
              }}
            >
              {each}
            </button>
          ))}
        </div>
      </div>
      <h3>Declared</h3>
      <pre class="code-area" tabIndex={0} aria-label="The spec as it was declared">
        {write(about.spec)}
      </pre>
      <h3>Policy in force</h3>
      <pre class="code-area" tabIndex={0} aria-label="The policy in force">
        {write(about.policy)}
      </pre>
    </div>
  );
};
