import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { Icon } from '../parts/icon.tsx';
import { useKeys } from '../parts/use-keys.ts';
import type { MachineChart } from '../wire.ts';
import { ArrowHeads, ChartArrow } from './chart-arrow.tsx';
import { ChartNodeView } from './chart-node.tsx';
import { ChartRow } from './chart-row.tsx';
import { Countdown } from './countdown.tsx';
import { describeItem, type Item } from './describe-item.ts';
import { centreOn, fitView, groupArrows, isWholeInSight, sightOf, type View, zoomAt } from './geometry.ts';
import { MiniMap } from './mini-map.tsx';
import type { Place } from './place.ts';
import { useGlide } from './use-glide.ts';
import { usePanZoom } from './use-pan-zoom.ts';

const READABLE = 0.85;
/** Below this rows cannot be read: the names of states are written large instead. */
const FAR = 0.5;
const FAR_NAME_PX = 11;

type Props = {
  chart: MachineChart;
  place: Place;
  /** The moment that is looked at; null for now. */
  from?: string | null;
  /** Keys of the page are for one chart alone. */
  hasKeys?: boolean;
};

/** A state machine at work: where it is, what it did last, what may come and when. */
export const ChartView = ({ chart, place, from = null, hasKeys = false }: Props) => {
  const box = useRef<HTMLDivElement>(null);
  const follows = useSignal(true);
  const pointed = useSignal<Item | null>(null);
  const walked = useSignal<Item | null>(null);
  const { view, size } = usePanZoom(box, () => {
    follows.value = false;
  });
  const glide = useGlide(view);
  const arrows = useMemo(() => groupArrows(chart.edges), [chart]);
  const items = useMemo<Item[]>(
    () => [
      ...chart.nodes.map((node) => ({ kind: 'state', node }) as const),
      ...chart.edges
        .filter(({ label_at }) => label_at !== null)
        .map((edge) => ({ kind: 'edge', edge }) as const),
    ],
    [chart],
  );

  const showActive = (show: (view: View) => void = glide): void => {
    const { width, height } = size.value;
    const node = chart.nodes.find(({ id }) => id === place.leaf.split(',')[0]);
    const whole = fitView(chart, size.value);
    if (node === undefined || width === 0 || whole.scale >= READABLE) show(whole);
    else show(centreOn(node, { width, height }, READABLE));
  };
  const fit = (): void => {
    follows.value = false;
    glide(fitView(chart, size.value));
  };
  const zoom = (factor: number): void => {
    follows.value = false;
    glide(zoomAt(view.value, factor, { x: size.value.width / 2, y: size.value.height / 2 }));
  };
  const follow = (): void => {
    follows.value = true;
    showActive();
  };
  useEffect(() => {
    if (follows.value) showActive();
  }, [place.leaf, chart]);
  useSignalEffect(() => {
    if (size.value.width > 0 && follows.peek()) {
      showActive((next) => {
        view.value = next;
      });
    }
  });
  useKeys(hasKeys ? { f: fit, a: follow, '+': () => zoom(1.25), '-': () => zoom(0.8) } : {});

  const walk = (event: KeyboardEvent): void => {
    const by = ['ArrowRight', 'ArrowDown'].includes(event.key)
      ? 1
      : ['ArrowLeft', 'ArrowUp'].includes(event.key)
        ? -1
        : 0;
    if (by === 0) return;
    event.preventDefault();
    const here =
      walked.value === null ? -1 : items.findIndex((item) => keyOf(item) === keyOf(walked.value as Item));
    const next = items.at((here + by + items.length) % items.length);
    if (next === undefined) return;
    walked.value = next;
    follows.value = false;
    const place = next.kind === 'state' ? next.node : next.edge.label_at;
    if (place !== null) view.value = centreOn(place, size.value, Math.max(view.value.scale, READABLE));
  };

  const { x, y, scale } = view.value;
  const sight = sightOf(view.value, size.value);
  const item = pointed.value ?? walked.value;
  const marked = item === null ? '' : keyOf(item);
  const point = (next: Item | null): void => {
    pointed.value = next;
  };
  return (
    <div class="chart">
      <div
        ref={box}
        class="chart-box"
        role="group"
        aria-label={`The machine ${chart.name}, in ${place.leaf}. Arrow keys walk through it.`}
        tabIndex={0}
        onKeyDown={walk}
        data-testid={`chart-${chart.name}`}
        data-leaf={place.leaf}
      >
        <svg
          aria-hidden="true"
          focusable="false"
          data-far={scale < FAR}
          style={{ '--far-name': `${FAR_NAME_PX / scale}px` }}
        >
          <ArrowHeads />
          <g transform={`scale(${scale}) translate(${-x} ${-y})`}>
            {chart.nodes.map((node) => (
              <ChartNodeView
                key={node.id}
                node={node}
                place={place}
                isMarked={marked === `state ${node.id}`}
                onPoint={point}
              />
            ))}
            {arrows.map(({ path, edges }) => (
              <ChartArrow key={path} path={path} edges={edges} place={place} />
            ))}
            {chart.edges.map((edge) => (
              <ChartRow
                key={edge.id}
                edge={edge}
                place={place}
                isMarked={marked === `edge ${edge.id}`}
                onPoint={point}
              />
            ))}
            {chart.edges.map(({ id, source, label_at: row }) => {
              const armed = place.armed.get(id);
              return armed === undefined || row === null ? null : (
                <Countdown key={id} row={row} source={source} nodes={chart.nodes} at={armed.at} from={from} />
              );
            })}
          </g>
        </svg>
      </div>
      {hasKeys && !isWholeInSight(chart, sight) && (
        <MiniMap
          chart={chart}
          place={place}
          sight={sight}
          onGo={(to) => {
            follows.value = false;
            view.value = centreOn({ ...to, width: 0, height: 0 }, size.value, scale);
          }}
        />
      )}
      <div class="chart-tools" role="group" aria-label={`View of ${chart.name}`}>
        <Tool label="Larger" icon="plus" act={() => zoom(1.25)} />
        <Tool label="Smaller" icon="minus" act={() => zoom(0.8)} />
        <Tool label="Whole chart" icon="fit" act={fit} />
        <Tool label="Follow the active state" icon="target" act={follow} isOn={follows.value} />
      </div>
      <div class="chart-info" aria-live="polite">
        {item !== null && describeItem(item).map((line, index) => <p key={index}>{line}</p>)}
      </div>
    </div>
  );
};

const keyOf = (item: Item): string =>
  item.kind === 'state' ? `state ${item.node.id}` : `edge ${item.edge.id}`;

const Tool = ({
  label,
  icon,
  act,
  isOn,
}: {
  label: string;
  icon: 'plus' | 'minus' | 'fit' | 'target';
  act: () => void;
  isOn?: boolean;
}) => (
  <button
    type="button"
    class="icon-button"
    aria-label={label}
    title={label}
    aria-pressed={isOn}
    onClick={act}
  >
    <Icon name={icon} size={14} />
  </button>
);
