import { now } from '../live/clock.ts';
import { formatCountdown, formatSpan } from '../parts/format.ts';
import type { Box } from '../wire.ts';

const HEIGHT = 15;
const DIGIT = 6.6;
/** A row that counts down is written in bold, which is wider. */
const BOLD = 1.08;
const GAP = 6;
/** Further away, seconds only take room. */
const EXACT_MS = 120_000;

/** How long until something that is armed happens, behind the row of the edge that it will take. */
export const Countdown = ({ row, at, from }: { row: Box; at: string; from: string | null }) => {
  const leftMs = Date.parse(at) - (from === null ? now.value : Date.parse(from));
  const left = leftMs < EXACT_MS ? formatCountdown(leftMs) : formatSpan(leftMs);
  const x = row.x + row.width * BOLD + GAP;
  return (
    <g class="armed" data-testid="armed">
      <rect x={x} y={row.y} width={left.length * DIGIT + 12} height={HEIGHT} rx={7} />
      <text x={x + 6} y={row.y + 11}>
        {left}
      </text>
    </g>
  );
};
