import { ask } from '../../parts/ask.tsx';
import { shortHash } from '../../parts/format.ts';
import { Ago } from '../../parts/time.tsx';
import type { PluginGeneration } from '../../wire.ts';

type Props = { generations: PluginGeneration[]; onRollback: ((to: number) => Promise<void>) | null };

/** The sets of plugins that are still there, and the way back to each. */
export const GenerationList = ({ generations, onRollback }: Props) => {
  const rollBack = async (to: number): Promise<void> => {
    const body = (
      <p>
        Its agent is stopped and started with the plugins of generation {to}. What that takes away is held
        back until another version is declared, or it is released.
      </p>
    );
    if (await ask({ title: `Roll back to generation ${to}?`, body, yes: 'Roll back', hurts: true })) {
      await onRollback?.(to);
    }
  };
  if (generations.length === 0) return null;
  return (
    <section aria-label="Plugin generations">
      <h3>Generations</h3>
      <ol class="generations" data-testid="generations">
        {generations.map((each) => (
          <li key={each.generation} data-in-force={each.in_force}>
            <b class="generation-number">{each.generation}</b>
            <span>
              {each.plugins.length === 0
                ? 'no plugins'
                : each.plugins
                    .map(({ name, tree_hash }) => `${name} ${shortHash(tree_hash).slice(0, 6)}`)
                    .join(', ')}
              <span class="quiet">
                {each.built_at !== null && (
                  <>
                    {' '}
                    · <Ago at={each.built_at} suffix=" ago" />
                  </>
                )}
                {each.restored_from !== null && ` · restored from ${each.restored_from}`}
              </span>
            </span>
            <span class="generation-marks">
              {each.in_force && (
                <span class="mark" data-tone="busy">
                  in force
                </span>
              )}
              {each.good && (
                <span class="mark" data-tone="good">
                  proved good
                </span>
              )}
              {!each.in_force && onRollback !== null && (
                <button
                  type="button"
                  class="button button-small"
                  aria-label={`Roll back to generation ${each.generation}`}
                  onClick={() => void rollBack(each.generation)}
                >
                  Roll back
                </button>
              )}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
};
