import { ask } from '../../parts/ask.tsx';
import { formatMoment, shortHash } from '../../parts/format.ts';
import { Countdown } from '../../parts/time.tsx';
import { tell, tellProblem } from '../../parts/toasts.tsx';
import { request, workspacePath } from '../../session/request.ts';
import { isAdmin } from '../../session/session.ts';
import type { PluginGeneration, PluginsWire } from '../../wire.ts';
import { useWorkspace } from '../store-context.ts';
import { usePlugins } from './use-plugins.ts';

/** What is declared, what is there, what is wrong with the rest, and the ways back. */
export const PluginsTab = () => {
  const { at, name } = useWorkspace();
  const { plugins, plan, history } = usePlugins();
  if (at.value !== null) return <PastPlugins />;
  if (plugins === null) return <p class="quiet">Reading…</p>;
  const work = (plan?.items ?? []).filter(({ action }) => action !== 'keep');
  return (
    <div class="plugins" data-testid="plugins">
      {plugins.declared.length === 0 && <p class="quiet">No plugin is declared.</p>}
      <ul class="plain">
        {plugins.declared.map(({ name: plugin, source }) => (
          <Plugin key={plugin} plugin={plugin} source={source} plugins={plugins} />
        ))}
      </ul>
      {work.length > 0 && (
        <>
          <h3>Plan</h3>
          <ul class="plain">
            {work.map(({ name: plugin, action, why }) => (
              <li key={plugin}>
                <b>{action}</b> {plugin}: {why}
              </li>
            ))}
          </ul>
          <p class="quiet">
            Restart: {plan?.restarts}, {plan?.restart_why}
          </p>
        </>
      )}
      {history.length > 0 && (
        <>
          <h3>Generations</h3>
          <ul class="plain" data-testid="generations">
            {history.map((generation) => (
              <Generation key={generation.generation} generation={generation} name={name} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
};

const Plugin = ({ plugin, source, plugins }: { plugin: string; source: string; plugins: PluginsWire }) => {
  const { name } = useWorkspace();
  const installed = plugins.installed.plugins.find((one) => one.name === plugin);
  const blocked = plugins.blocked.find((one) => one.name === plugin);
  const held = plugins.held.find((one) => one.name === plugin);
  const newer = plugins.outdated.find((one) => one.name === plugin && !one.dismissed);
  return (
    <li class="plugin" data-testid="plugin" data-plugin={plugin}>
      <p>
        <b>{plugin}</b>{' '}
        {installed !== undefined && (
          <span class="mark" data-tone={installed.intact ? 'good' : 'bad'}>
            {installed.intact ? 'installed' : 'changed on disk'}
          </span>
        )}
        {blocked !== undefined && (
          <span class="mark" data-tone="bad">
            failed
          </span>
        )}
        {held !== undefined && (
          <span class="mark" data-tone="warn">
            {held.why}
          </span>
        )}
        {newer !== undefined && (
          <span class="mark" data-tone="busy">
            outdated
          </span>
        )}
        {installed === undefined && blocked === undefined && held === undefined && (
          <span class="mark" data-tone="busy">
            missing
          </span>
        )}
      </p>
      <p class="quiet">
        <code>{source}</code>
        {installed !== undefined && (
          <>
            {' '}
            <code title={installed.tree_hash}>{shortHash(installed.tree_hash)}</code>
          </>
        )}
      </p>
      {blocked !== undefined && (
        <p>
          {blocked.message} Try {blocked.attempt}; next in <Countdown at={blocked.retry_at} />.
        </p>
      )}
      {isAdmin.value && newer !== undefined && (
        <Act
          label={`Update ${plugin}`}
          path={workspacePath(name, '/plugins/update')}
          body={{ plugins: [plugin] }}
          done={`${plugin} is being updated.`}
        />
      )}
      {isAdmin.value && held !== undefined && (
        <Act
          label={`Release ${plugin}`}
          path={workspacePath(name, `/plugins/${encodeURIComponent(plugin)}/release`)}
          done={`${plugin} may be installed again.`}
        />
      )}
    </li>
  );
};

const Generation = ({ generation: one, name }: { generation: PluginGeneration; name: string }) => {
  const rollBack = async (): Promise<void> => {
    const body = <p>The agent is stopped and started with what generation {one.generation} holds.</p>;
    const title = `Go back to generation ${one.generation}?`;
    if (!(await ask({ title, body, yes: 'Roll back', hurts: true }))) return;
    await send(workspacePath(name, '/plugins/rollback'), { to: one.generation }, 'It goes back.');
  };
  return (
    <li>
      <b>{one.generation}</b>{' '}
      {one.in_force && (
        <span class="mark" data-tone="good">
          in force
        </span>
      )}
      {one.good && (
        <span class="mark" data-tone="good">
          good
        </span>
      )}{' '}
      <span class="quiet">
        {one.plugins.map(({ name: plugin }) => plugin).join(', ') || 'no plugins'}
        {one.built_at !== null && ` · ${formatMoment(one.built_at)}`}
      </span>{' '}
      {isAdmin.value && !one.in_force && (
        <button type="button" class="button button-small" onClick={() => void rollBack()}>
          Roll back<span class="visually-hidden"> to generation {one.generation}</span>
        </button>
      )}
    </li>
  );
};

/** Of a moment that is over the counts are known, and what was wrong then. */
const PastPlugins = () => {
  const { shown } = useWorkspace();
  const plugins = shown.value?.plugins;
  if (plugins === undefined) return <p class="quiet">Reading…</p>;
  return (
    <div class="plugins" data-testid="plugins">
      <p>
        Generation {plugins.generation}, {plugins.installed} installed.
      </p>
      <ul class="plain">
        {plugins.blocked.map(({ name, message, attempt }) => (
          <li key={name}>
            <b>{name}</b> failed (try {attempt}): {message}
          </li>
        ))}
        {plugins.held.map(({ name, why }) => (
          <li key={name}>
            <b>{name}</b> {why}
          </li>
        ))}
      </ul>
    </div>
  );
};

const Act = ({ label, path, body, done }: { label: string; path: string; body?: unknown; done: string }) => (
  <button type="button" class="button button-small" onClick={() => void send(path, body, done)}>
    {label}
  </button>
);

const send = async (path: string, body: unknown, done: string): Promise<void> => {
  try {
    await request(path, { method: 'POST', ...(body === undefined ? {} : { body }) });
    tell('done', done);
  } catch (error) {
    tellProblem(error);
  }
};
