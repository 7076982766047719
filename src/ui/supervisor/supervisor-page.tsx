import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { ChartView } from '../chart/chart-view.tsx';
import { statePlaceOf } from '../chart/place.ts';
import { useChart } from '../chart/use-chart.ts';
import { DeadlineText } from '../parts/deadline-text.tsx';
import { formatBytes, formatCount, formatMs, formatSpan } from '../parts/format.ts';
import { workspaceHash } from '../parts/route.ts';
import { StatusBadge } from '../parts/status-badge.tsx';
import { Ago, Countdown } from '../parts/time.tsx';
import { tellProblem } from '../parts/toasts.tsx';
import { RequestError, request } from '../session/request.ts';
import type { SupervisorWire } from '../wire.ts';
import { NotifyCard } from './notify-card.tsx';

const POLL_MS = 2_000;

/** The supervisor at work: whether it keeps up, what it waits for, and whether it judges silence. */
export const SupervisorPage = () => {
  const { about, isStale } = useSupervisor();
  const chart = useChart('supervisor');
  if (about === null) return <p class="loading">Asking the supervisor…</p>;
  return (
    <section class="supervisor" aria-labelledby="supervisor-title" data-stale={isStale}>
      <header class="supervisor-head">
        <h1 id="supervisor-title">Supervisor</h1>
        <p class="quiet">
          Keepwell {about.version} on Node {about.node}, up for {formatSpan(about.uptime_seconds * 1_000)}
        </p>
      </header>
      <Judgement about={about} />
      <div class="supervisor-grid">
        <Card title="Ready">
          <p class="figure" data-tone={about.ready ? 'good' : 'bad'}>
            {about.ready ? 'Yes' : 'No'}
          </p>
          {about.problems.map((problem) => (
            <p key={problem}>{problem}</p>
          ))}
          <Facts
            facts={[
              [
                'Memory',
                `${formatBytes(about.memory.rss_bytes)}, heap ${formatBytes(about.memory.heap_used_bytes)}`,
              ],
              ['Open streams', formatCount(about.streams)],
            ]}
          />
        </Card>
        <Card title="Event loop">
          <p class="figure" data-tone={about.loop.lag_p99_ms > 200 ? 'warn' : 'good'}>
            {formatMs(about.loop.lag_p99_ms)}
          </p>
          <p class="quiet">
            late at worst in 99 of 100 looks of the last {formatSpan(about.loop.window_seconds * 1_000)}
          </p>
          <Facts
            facts={[
              ['Usually', formatMs(about.loop.lag_p50_ms)],
              ['At worst', formatMs(about.loop.lag_max_ms)],
            ]}
          />
        </Card>
        <Card title="Store">
          <p class="figure" data-tone={about.store.writable ? 'good' : 'bad'}>
            {about.store.writable ? formatMs(about.store.commit_p99_ms) : 'cannot be written'}
          </p>
          <p class="quiet">{about.store.problem ?? 'for a commit, in 99 of 100'}</p>
          <Facts
            facts={[
              ['Usually', formatMs(about.store.commit_p50_ms)],
              ['Commits', formatCount(about.store.commits)],
              ['Waiting', formatCount(about.store.pending)],
              ['Write-ahead log', formatBytes(about.store.wal_bytes)],
              ['Database', formatBytes(about.store.database_bytes)],
            ]}
          />
        </Card>
        <Card title="Armed">
          <p class="figure">{formatCount(about.deadlines.armed + about.leases.armed)}</p>
          <p class="quiet">
            {formatCount(about.deadlines.armed)} deadlines, {formatCount(about.leases.armed)} leases
          </p>
          <ul class="plain">
            {about.deadlines.next.map(({ workspace, name, at }) => (
              <li key={`${workspace} ${name}`}>
                <a href={workspaceHash(workspace)}>{workspace}</a> <DeadlineText name={name} at={at} />
              </li>
            ))}
          </ul>
        </Card>
        <Card title="Workspaces">
          <ul class="plain">
            {Object.entries(about.workspaces).map(([status, count]) => (
              <li key={status}>
                <StatusBadge status={status} /> {formatCount(count)}
              </li>
            ))}
          </ul>
        </Card>
      </div>
      <section class="card chart-panel" aria-label="State machine">
        {chart === null ? (
          <p class="loading">Drawing the machine…</p>
        ) : (
          <ChartView chart={chart} place={statePlaceOf(about.judgement.state, chart)} hasKeys />
        )}
      </section>
      <NotifyCard />
      <section class="card">
        <h2>Loops</h2>
        <div class="table-scroll" role="region" aria-label="Loops" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Loop</th>
                <th scope="col">Every</th>
                <th scope="col">Last</th>
                <th scope="col">Next</th>
                <th scope="col">Problem</th>
              </tr>
            </thead>
            <tbody>
              {about.loops.map(({ name, every_seconds, last_at, next_at, problem }) => (
                <tr key={name} data-tone={problem === null ? undefined : 'bad'}>
                  <th scope="row">{name}</th>
                  <td>{formatSpan(every_seconds * 1_000)}</td>
                  <td>{last_at === null ? 'not yet' : <Ago at={last_at} suffix=" ago" />}</td>
                  <td>{next_at === null ? '–' : <Countdown at={next_at} />}</td>
                  <td>{problem ?? 'none'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
    </section>
  );
};

const Judgement = ({ about: { judgement } }: { about: SupervisorWire }) => (
  <div class="bar" data-tone={judgement.held ? 'warn' : 'good'} data-testid="judgement">
    <p>
      {judgement.held ? (
        <>
          <strong>Silence is not judged now.</strong> {judgement.reason}
          {judgement.until !== null && (
            <>
              {' '}
              For another <Countdown at={judgement.until} />.
            </>
          )}
        </>
      ) : (
        <>
          <strong>Silence is judged.</strong> Whoever lets its lease end is taken for offline.
        </>
      )}
    </p>
  </div>
);

const Card = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <section class="card">
    <h2>{title}</h2>
    {children}
  </section>
);

const Facts = ({ facts }: { facts: [string, string][] }) => (
  <dl class="pairs">
    {facts.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/** Asked again and again while the page can be seen. */
const useSupervisor = (): { about: SupervisorWire | null; isStale: boolean } => {
  const about = useSignal<SupervisorWire | null>(null);
  const isStale = useSignal(false);
  useEffect(() => {
    const read = async (): Promise<void> => {
      if (document.hidden) return;
      try {
        about.value = await request<SupervisorWire>('/supervisor');
        isStale.value = false;
      } catch (error) {
        isStale.value = true;
        if (!(error instanceof RequestError && error.status === 0)) tellProblem(error);
      }
    };
    void read();
    const timer = setInterval(() => void read(), POLL_MS);
    return () => clearInterval(timer);
  }, []);
  return { about: about.value, isStale: isStale.value };
};
