import { ChartView } from '../chart/chart-view.tsx';
import { childPlaceOf, placeOf } from '../chart/place.ts';
import { useChart } from '../chart/use-chart.ts';
import type { ChildMoment } from '../wire.ts';
import { useWorkspace } from './store-context.ts';

/** The machine that runs the workspace; what runs inside it opens in a corner while it does. */
export const ChartPanel = () => {
  const { shown } = useWorkspace();
  const moment = shown.value;
  const chart = useChart(moment?.machine ?? null);
  return (
    <section class="card chart-panel" aria-label="State machine">
      {moment === null || chart === null ? (
        <p class="loading">Drawing the machine…</p>
      ) : (
        <ChartView chart={chart} place={placeOf(moment)} from={moment.live ? null : moment.at} hasKeys />
      )}
      <div class="chart-children">
        {moment?.children.map((child) => (
          <ChildChart key={child.id} child={child} />
        ))}
      </div>
      <ul class="legend" aria-label="Legend">
        <li data-key="leaf">where it is</li>
        <li data-key="last">last step</li>
        <li data-key="armed">will happen by itself</li>
        <li data-key="possible">can happen now</li>
      </ul>
    </section>
  );
};

const ChildChart = ({ child }: { child: ChildMoment }) => {
  const chart = useChart(child.machine);
  return (
    <figure class="chart-child" data-testid="child-chart">
      <figcaption>
        {child.machine}: <strong>{child.state}</strong>
      </figcaption>
      {chart !== null && <ChartView chart={chart} place={childPlaceOf(child)} />}
    </figure>
  );
};
