import { ask } from '../../parts/ask.tsx';
import { shortHash } from '../../parts/format.ts';
import { Icon, type IconName } from '../../parts/icon.tsx';
import type { Tone } from '../../parts/status-look.ts';
import { Ago, Countdown } from '../../parts/time.tsx';
import type { PluginLine, PluginState } from './join-plugins.ts';

const LOOKS: Record<PluginState, { tone: Tone; icon: IconName; word: string }> = {
  installed: { tone: 'good', icon: 'check', word: 'installed' },
  damaged: { tone: 'warn', icon: 'triangle', word: 'changed on disk' },
  failed: { tone: 'bad', icon: 'cross', word: 'failed' },
  held: { tone: 'warn', icon: 'pause', word: 'held back' },
  missing: { tone: 'busy', icon: 'turning', word: 'to be installed' },
  undeclared: { tone: 'rest', icon: 'gone', word: 'no longer declared' },
};

type Act = (path: string, body: unknown, done: string, method?: string) => void;

/** One plugin: where it is from, what is on disk, what is wrong and when it is tried again. */
export const PluginItem = ({ line, act }: { line: PluginLine; act: Act | null }) => {
  const { name, source, state, installed, blocked, held, outdated } = line;
  const { tone, icon, word } = LOOKS[state];
  const path = `/plugins/${encodeURIComponent(name)}`;
  const remove = async (): Promise<void> => {
    const body = <p>It is no longer declared, and its agent is restarted without it.</p>;
    if (await ask({ title: `Remove plugin ${name}?`, body, yes: 'Remove', hurts: true })) {
      act?.(path, null, `${name} is no longer declared.`, 'DELETE');
    }
  };
  return (
    <li class="plugin" data-tone={tone} data-testid="plugin" data-plugin={name}>
      <div class="plugin-head">
        <b>{name}</b>
        <span class="status">
          <Icon name={icon} size={14} />
          {word}
        </span>
      </div>
      <dl class="plugin-facts">
        <div>
          <dt>source</dt>
          <dd>
            <code>{source}</code>
          </dd>
        </div>
        {installed !== null && (
          <div>
            <dt>hash</dt>
            <dd>
              <code title={installed.tree_hash}>{shortHash(installed.tree_hash)}</code>
              {installed.revision !== null && (
                <>
                  {' '}
                  at <code title={installed.revision}>{shortHash(installed.revision)}</code>
                </>
              )}
            </dd>
          </div>
        )}
      </dl>
      {blocked !== null && (
        <p class="plugin-problem">
          {blocked.message} <span class="quiet">Try {blocked.attempt}; next try in </span>
          <Countdown at={blocked.retry_at} />.
        </p>
      )}
      {held !== null && (
        <p class="plugin-problem">
          Held back, {held.why}, since <Ago at={held.since} suffix=" ago" />: version{' '}
          <code>{shortHash(held.tree_hash)}</code>.
        </p>
      )}
      {outdated !== null && !outdated.dismissed && (
        <p>
          A newer version is known: <code>{shortHash(outdated.latest)}</code>.
        </p>
      )}
      {act !== null && state !== 'undeclared' && (
        <div class="plugin-buttons">
          <button
            type="button"
            class="button button-small"
            aria-label={`Update ${name}`}
            onClick={() => act('/plugins/update', { plugins: [name] }, `${name} is looked up and updated.`)}
          >
            Update
          </button>
          {held !== null && (
            <button
              type="button"
              class="button button-small"
              aria-label={`Release ${name}`}
              onClick={() => act(`${path}/release`, null, `${name} may be installed again.`)}
            >
              Release
            </button>
          )}
          {outdated !== null && !outdated.dismissed && (
            <button
              type="button"
              class="button button-small"
              aria-label={`Dismiss the update of ${name}`}
              onClick={() => act(`${path}/dismiss`, null, `No more is said of this version of ${name}.`)}
            >
              Dismiss
            </button>
          )}
          <button
            type="button"
            class="button button-small button-danger-quiet"
            aria-label={`Remove ${name}`}
            onClick={() => void remove()}
          >
            Remove…
          </button>
        </div>
      )}
    </li>
  );
};
