import { now } from '../live/clock.ts';
import { formatCountdown } from '../parts/format.ts';

const HEIGHT = 15;
const DIGIT = 6.6;

/** How long until something that is armed happens, on the edge that it will take. */
export const Countdown = ({ x, y, at, from }: { x: number; y: number; at: string; from: string | null }) => {
  const left = formatCountdown(Date.parse(at) - (from === null ? now.value : Date.parse(from)));
  return (
    <g class="armed" data-testid="armed">
      <rect x={x} y={y} width={left.length * DIGIT + 12} height={HEIGHT} rx={7} />
      <text x={x + 6} y={y + 11}>
        {left}
      </text>
    </g>
  );
};
