import { formatClock, formatMoment, shortHash } from '../../parts/format.ts';
import { useWorkspace } from '../store-context.ts';

/** The plugins as they were at the moment that is looked at. */
export const PastPlugins = () => {
  const moment = useWorkspace().shown.value;
  if (moment === null) return <p class="quiet">Reading that moment…</p>;
  const { declared, installed, generation, good, probation_until, blocked, held } = moment.plugins;
  return (
    <div class="plugins" data-testid="plugins">
      <p>
        Generation {generation}, {installed} installed.
      </p>
      <dl class="pairs">
        {declared !== null && (
          <div>
            <dt>declared</dt>
            <dd>{declared}</dd>
          </div>
        )}
        <div>
          <dt>last proved good</dt>
          <dd>{good === 0 ? 'none' : good}</dd>
        </div>
        {probation_until !== null && (
          <div>
            <dt>on probation until</dt>
            <dd title={formatMoment(probation_until)}>{formatClock(probation_until)}</dd>
          </div>
        )}
      </dl>
      <ul class="plugin-list">
        {blocked.map(({ name, message, attempt, retry_at }) => (
          <li key={name} class="plugin" data-tone="bad">
            <b>{name}</b>
            <p class="plugin-problem">
              {message}{' '}
              <span class="quiet">
                Try {attempt}; next try at {formatClock(retry_at)}.
              </span>
            </p>
          </li>
        ))}
        {held.map(({ name, why, tree_hash }) => (
          <li key={name} class="plugin" data-tone="warn">
            <b>{name}</b>
            <p class="plugin-problem">
              Held back, {why}: version <code>{shortHash(tree_hash)}</code>.
            </p>
          </li>
        ))}
      </ul>
    </div>
  );
};
