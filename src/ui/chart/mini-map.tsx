import type { Box, MachineChart, Point } from '../wire.ts';
import type { Place } from './place.ts';

type Props = { chart: MachineChart; place: Place; sight: Box; onGo: (to: Point) => void };

/** The whole chart in a corner with what is in sight of it. For the pointer alone: the keyboard walks through the chart. */
export const MiniMap = ({ chart, place, sight, onGo }: Props) => {
  const go = (event: PointerEvent): void => {
    if (event.buttons !== 1 || !(event.currentTarget instanceof Element)) return;
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    onGo({
      x: ((event.clientX - left) / width) * chart.width,
      y: ((event.clientY - top) / height) * chart.height,
    });
  };
  return (
    <svg
      class="mini-map"
      viewBox={`0 0 ${chart.width} ${chart.height}`}
      aria-hidden="true"
      focusable="false"
      onPointerDown={go}
      onPointerMove={go}
    >
      {chart.nodes.map(({ id, x, y, width, height }) => (
        <rect
          key={id}
          class="mini-node"
          data-lit={place.active.has(id)}
          data-here={place.leaf.split(',').includes(id)}
          x={x}
          y={y}
          width={width}
          height={height}
        />
      ))}
      <rect class="mini-sight" {...sight} />
    </svg>
  );
};
