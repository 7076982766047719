import type { PluginPlan } from '../../wire.ts';

/** What a reconcile would do now. */
export const PlanPart = ({ plan }: { plan: PluginPlan }) => {
  const changes = plan.items.filter(({ action }) => action !== 'keep');
  return (
    <section aria-label="Plan" data-testid="plan">
      <h3>Plan</h3>
      {changes.length === 0 ? (
        <p class="quiet">Nothing to do: what is installed is what was declared.</p>
      ) : (
        <>
          <ul class="plan">
            {changes.map(({ name, action, why }) => (
              <li key={name}>
                <b>{action}</b> {name} <span class="quiet">{why}</span>
              </li>
            ))}
          </ul>
          <p class="quiet">
            Restart: {plan.restarts}. {plan.restart_why}
          </p>
        </>
      )}
    </section>
  );
};
