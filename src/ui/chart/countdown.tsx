import { now } from '../live/clock.ts';
import { formatCountdown } from '../parts/format.ts';
import type { Box, ChartNode } from '../wire.ts';
import { countdownPlace } from './countdown-place.ts';

const HEIGHT = 15;
const DIGIT = 6.6;
/** A row that counts down is written in bold, which is wider. */
const BOLD = 1.08;

type Props = { row: Box; source: string; nodes: ChartNode[]; at: string; from: string | null };

/** How long until something that is armed happens, at the row of the edge that it will take. */
export const Countdown = ({ row, source, nodes, at, from }: Props) => {
  const left = formatCountdown(Date.parse(at) - (from === null ? now.value : Date.parse(from)));
  const size = { width: left.length * DIGIT + 12, height: HEIGHT };
  const { x, y } = countdownPlace({ ...row, width: row.width * BOLD }, size, source, nodes);
  return (
    <g class="armed" data-testid="armed">
      <rect x={x} y={y} {...size} rx={7} />
      <text x={x + 6} y={y + 11}>
        {left}
      </text>
    </g>
  );
};
