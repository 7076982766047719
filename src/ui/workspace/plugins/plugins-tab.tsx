import { tell, tellProblem } from '../../parts/toasts.tsx';
import { request, workspacePath } from '../../session/request.ts';
import { isAdmin } from '../../session/session.ts';
import { useWorkspace } from '../store-context.ts';
import { AddPlugin } from './add-plugin.tsx';
import { GenerationList } from './generation-list.tsx';
import { joinPlugins } from './join-plugins.ts';
import { PastPlugins } from './past-plugins.tsx';
import { PlanPart } from './plan-part.tsx';
import { PluginItem } from './plugin-item.tsx';
import { usePlugins } from './use-plugins.ts';

/** What is declared, what is in place, what a reconcile would do, and the ways back. */
export const PluginsTab = () => {
  const { name, at, absence } = useWorkspace();
  const { plugins, plan, history } = usePlugins();
  if (at.value !== null) return <PastPlugins />;
  if (absence.value !== null) return <p class="quiet">A removed workspace has no plugins.</p>;
  if (plugins === null) return <p class="quiet">Reading…</p>;

  const act = async (path: string, body: unknown, done: string, method = 'POST'): Promise<void> => {
    try {
      await request(workspacePath(name, path), { method, ...(body === null ? {} : { body }) });
      tell('done', done);
    } catch (error) {
      tellProblem(error);
    }
  };
  const lines = joinPlugins(plugins);
  return (
    <div class="plugins" data-testid="plugins">
      <ul class="plugin-list">
        {lines.map((line) => (
          <PluginItem
            key={line.name}
            line={line}
            act={isAdmin.value ? (path, body, done, method) => void act(path, body, done, method) : null}
          />
        ))}
      </ul>
      {lines.length === 0 && <p class="quiet">It declares no plugins.</p>}
      {isAdmin.value && (
        <AddPlugin onAdd={(source) => act('/plugins', { source }, `${source} was declared.`)} />
      )}
      {plan !== null && <PlanPart plan={plan} />}
      <GenerationList
        generations={history}
        onRollback={
          isAdmin.value
            ? (to) => act('/plugins/rollback', { to }, `Going back to plugin generation ${to}.`)
            : null
        }
      />
    </div>
  );
};
