import { formatClock } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { workspaceHash } from '../parts/route.ts';
import { go } from '../parts/router.ts';
import { stepInTime, stopsOf } from './step-in-time.ts';
import { useWorkspace } from './store-context.ts';

/** Goes back and forth along the transitions; the right end is now. */
export const TimeTravel = () => {
  const { journal, at, name } = useWorkspace();
  const stops = stopsOf(journal.rows.value);
  if (stops.length < 2) return null;
  const last = stops.length - 1;
  const here =
    at.value === null
      ? last
      : Math.max(
          0,
          stops.findLastIndex(({ seq }) => seq <= (at.value ?? 0)),
        );
  const travel = (seq: number | null | undefined): void => {
    if (seq !== undefined) go(workspaceHash(name, seq), { replace: true });
  };
  const slide = (index: number): void => travel(index >= last ? null : stops[index]?.seq);
  const step = (by: 1 | -1) => travel(stepInTime(journal.rows.value, at.value, by));
  const stop = stops[here];
  return (
    <section class="card time-travel" aria-label="Time travel">
      <Step label="One transition back" icon="back" act={() => step(-1)} isOff={here === 0} />
      <Step label="One transition on" icon="forward" act={() => step(1)} isOff={at.value === null} />
      <input
        type="range"
        min={0}
        max={last}
        step={1}
        value={here}
        aria-label="Moment"
        aria-valuetext={
          stop === undefined || at.value === null ? 'now' : `${formatClock(stop.at)}, ${stop.event}`
        }
        data-testid="scrubber"
        onInput={(event) => slide(Number(event.currentTarget.value))}
      />
      <span class="time-travel-now" data-live={at.value === null}>
        {at.value === null || stop === undefined ? 'now' : formatClock(stop.at)}
      </span>
    </section>
  );
};

const Step = ({
  label,
  icon,
  act,
  isOff,
}: {
  label: string;
  icon: 'back' | 'forward';
  act: () => void;
  isOff: boolean;
}) => (
  <button type="button" class="icon-button" aria-label={label} title={label} disabled={isOff} onClick={act}>
    <Icon name={icon} size={14} />
  </button>
);
