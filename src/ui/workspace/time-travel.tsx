import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { formatClock, formatDay } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { workspaceHash } from '../parts/route.ts';
import { go } from '../parts/router.ts';
import { tellProblem } from '../parts/toasts.tsx';
import type { JournalRow } from '../wire.ts';
import { stepInTime, stopsOf } from './step-in-time.ts';
import { useWorkspace } from './store-context.ts';
import { shortState } from './transition-words.ts';

/** A drag passes many moments; only where it rests is asked for. */
const REST_MS = 90;
const PLAY_MS = 1_100;
/** More ticks than this are a grey bar. */
const MOST_TICKS = 240;

/** Every transition on a line, one step apart; the right end is now. */
export const TimeTravel = () => {
  const { journal, at, name } = useWorkspace();
  const rest = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const dragged = useSignal<number | null>(null);
  const plays = useSignal(false);
  const stops = stopsOf(journal.rows.value);
  const last = stops.length - 1;
  const settled =
    at.value === null
      ? last
      : Math.max(
          0,
          stops.findLastIndex(({ seq }) => seq <= (at.value ?? 0)),
        );
  const index = dragged.value ?? settled;
  const stop = stops[index];
  const isNow = dragged.value === null ? at.value === null : index === last;

  const visit = (seq: number | null | undefined): void => {
    if (seq !== undefined) go(workspaceHash(name, seq), { replace: true });
  };
  const drag = (to: number): void => {
    plays.value = false;
    dragged.value = to;
    clearTimeout(rest.current);
    rest.current = setTimeout(() => {
      dragged.value = null;
      visit(to === last ? null : stops[to]?.seq);
    }, REST_MS);
  };
  useEffect(() => () => clearTimeout(rest.current), []);

  useEffect(() => {
    if (!plays.value) return undefined;
    const timer = setInterval(() => {
      const next = stepInTime(journal.rows.value, at.value, 1);
      visit(next);
      if (next === null || next === undefined) plays.value = false;
    }, PLAY_MS);
    return () => clearInterval(timer);
  }, [plays.value]);

  const play = (): void => {
    if (!plays.value && at.value === null) visit(stops[0]?.seq);
    plays.value = !plays.value;
  };

  return (
    <section class="card travel" aria-label="Time travel" data-testid="time-travel">
      <div class="travel-buttons">
        <TravelButton icon="first" label="To the first transition" onClick={() => visit(stops[0]?.seq)} />
        <TravelButton
          icon="back"
          label="One transition back"
          onClick={() => visit(stepInTime(journal.rows.value, at.value, -1))}
        />
        <TravelButton
          icon={plays.value ? 'pause' : 'play'}
          label={plays.value ? 'Stop' : 'Play'}
          onClick={play}
        />
        <TravelButton
          icon="forward"
          label="One transition on"
          onClick={() => visit(stepInTime(journal.rows.value, at.value, 1))}
        />
      </div>
      <div class="travel-line">
        <Ticks stops={stops} index={index} />
        <input
          type="range"
          min={0}
          max={Math.max(0, last)}
          step={1}
          value={index}
          disabled={last < 1}
          aria-label="Moment"
          aria-valuetext={valueText(stop, isNow)}
          data-testid="scrubber"
          onInput={(event) => drag(event.currentTarget.valueAsNumber)}
        />
        <div class="travel-text">
          <span>
            {stops[0] === undefined ? '' : formatClock(stops[0].at)}
            {journal.cursor.value !== null && (
              <button
                type="button"
                class="link"
                disabled={journal.isBusy.value}
                onClick={() => void journal.readEarlier().catch(tellProblem)}
              >
                earlier
              </button>
            )}
          </span>
          {stop !== undefined && (
            <span class="travel-here" data-testid="travel-here">
              <b>{isNow ? 'Now' : formatClock(stop.at)}</b> {stop.event}
              <span aria-hidden="true"> → </span>
              {shortState(stop.to)}
            </span>
          )}
          <span>now</span>
        </div>
      </div>
    </section>
  );
};

const valueText = (stop: JournalRow | undefined, isNow: boolean): string => {
  if (stop === undefined) return 'nothing yet';
  const what = `${stop.event}, then ${shortState(stop.to)}`;
  return isNow ? `now: ${what}` : `${formatDay(stop.at)} ${formatClock(stop.at)}: ${what}`;
};

const TravelButton = (props: {
  icon: 'first' | 'back' | 'forward' | 'play' | 'pause';
  label: string;
  onClick: () => void;
}) => (
  <button
    type="button"
    class="icon-button"
    aria-label={props.label}
    title={props.label}
    onClick={props.onClick}
  >
    <Icon name={props.icon} size={14} />
  </button>
);

/** Taller where the state was left for another. */
const Ticks = ({ stops, index }: { stops: JournalRow[]; index: number }) => {
  const last = stops.length - 1;
  if (last < 1 || last > MOST_TICKS) return null;
  return (
    <div class="ticks" aria-hidden="true">
      {stops.map((stop, each) => (
        <span
          key={stop.seq}
          class="tick"
          data-moves={stop.from !== stop.to}
          data-trouble={stop.reason !== null}
          data-passed={each <= index}
          style={{ left: `${(each / last) * 100}%` }}
        />
      ))}
    </div>
  );
};
