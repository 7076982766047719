import { intervalSeconds } from '../fleet/fleet-store.ts';
import { BeatBar } from '../parts/beat-bar.tsx';
import { formatClock, formatCount, formatDay, formatMoment, formatSpan } from '../parts/format.ts';
import { StatusBadge } from '../parts/status-badge.tsx';
import { lookOf } from '../parts/status-look.ts';
import { Ago } from '../parts/time.tsx';
import type { Budget } from '../wire.ts';
import { BreakIt } from './break-it.tsx';
import { useWorkspace } from './store-context.ts';
import { Verbs } from './verbs.tsx';

/** Who it is, how it fares, and what can be done. */
export const WorkspaceHead = () => {
  const { name, shown, detail, beat, at } = useWorkspace();
  const moment = shown.value;
  const about = detail.value;
  const presence = beat.value ?? about;
  return (
    <header class="workspace-head" data-tone={moment === null ? 'rest' : lookOf(moment.status).tone}>
      <div class="workspace-title">
        <a href="#/" class="crumb">
          Fleet
        </a>
        <span class="quiet" aria-hidden="true">
          /
        </span>
        <h1 id="workspace-title">{name}</h1>
        {moment !== null && <StatusBadge status={moment.status} large />}
      </div>
      {moment !== null && (
        <dl class="facts">
          <Fact name="for">
            {at.value === null ? <Ago at={moment.since} /> : <Span from={moment.since} to={moment.at} />}
          </Fact>
          <Fact name="boot">{formatCount(moment.incarnation)}</Fact>
          <Fact name="generation">{formatCount(moment.generation)}</Fact>
          <Fact name="plugins">
            {moment.plugins.installed}
            {moment.plugins.declared !== null && `/${moment.plugins.declared}`}
          </Fact>
          {about !== null && at.value === null && <Fact name="restarts">{formatCount(about.restarts)}</Fact>}
          {about !== null && at.value === null && (
            <Fact name="crash budget">
              <BudgetText budget={about.restart_budget} />
            </Fact>
          )}
          {about !== null && at.value === null && about.plugin_restart_budget.used > 0 && (
            <Fact name="plugin budget">
              <BudgetText budget={about.plugin_restart_budget} />
            </Fact>
          )}
          {at.value === null && about?.schedule?.next && (
            <Fact name={about.schedule.next.act === 'pause' ? 'pauses' : 'resumes'}>
              <Soon at={about.schedule.next.at} title="By its schedule" />
            </Fact>
          )}
          {at.value === null && about?.idle?.hibernates_at && (
            <Fact name="hibernates">
              <Soon
                at={about.idle.hibernates_at}
                title={`Without work since ${formatClock(about.idle.since)}`}
              />
            </Fact>
          )}
          {presence !== null && at.value === null && (
            <Fact name="last beat">
              <BeatBar
                lastAt={presence.last_heartbeat_at}
                leaseAt={presence.lease_expires_at}
                intervalSeconds={intervalSeconds.value}
                isIdle={lookOf(moment.status).tone === 'rest'}
              />
            </Fact>
          )}
          {presence !== null && at.value === null && presence.current_task && (
            <Fact name="doing">
              <span class="clip" title={presence.current_task}>
                {presence.current_task}
              </span>
            </Fact>
          )}
        </dl>
      )}
      {at.value === null && (
        <div class="workspace-verbs">
          <Verbs />
          <BreakIt />
        </div>
      )}
    </header>
  );
};

const Fact = ({ name, children }: { name: string; children: preact.ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const BudgetText = ({ budget }: { budget: Budget }) => {
  const { used, allowed, window_seconds: seconds, next_free_at: freeAt } = budget;
  const forgotten = freeAt === null ? '' : `; the oldest is forgotten at ${formatClock(freeAt)}`;
  return (
    <span title={`Restarts within ${formatSpan(seconds * 1_000)}${forgotten}`}>
      {used}/{allowed}
    </span>
  );
};

/** The time of day, and the day where it is not today. */
const Soon = ({ at, title }: { at: string; title: string }) => (
  <span title={title}>{formatDay(at) === formatDay(Date.now()) ? formatClock(at) : formatMoment(at)}</span>
);

const Span = ({ from, to }: { from: string; to: string }) => (
  <>{formatSpan(Math.max(0, Date.parse(to) - Date.parse(from)))}</>
);
