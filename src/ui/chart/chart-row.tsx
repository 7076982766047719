import { Countdown } from './countdown.tsx';
import type { Armed, ChartEdge } from '../wire.ts';
import type { Item } from './describe-item.ts';
import type { Place } from './place.ts';

const BASELINE = 12;
const CHIP_GAP = 6;

type Props = {
  edge: ChartEdge;
  place: Place;
  /** The moment that is looked at; null for now. */
  from: string | null;
  isMarked: boolean;
  onPoint: (item: Item | null) => void;
};

/** A transition as a line of text in the box of its source, with what counts down to it. */
export const ChartRow = ({ edge, place, from, isMarked, onPoint }: Props) => {
  const { id, label_at: at, text, label } = edge;
  if (at === null) return null;
  const armed: Armed | undefined = place.armed.get(id);
  return (
    <g
      class="edge-row"
      data-edge={id}
      data-last={place.last.has(id)}
      data-possible={place.possible.has(id)}
      data-armed={armed !== undefined}
      data-marked={isMarked}
      onPointerEnter={() => onPoint({ kind: 'edge', edge })}
      onPointerLeave={() => onPoint(null)}
    >
      <rect x={at.x - 3} y={at.y} width={at.width + 6} height={at.height} rx={3} />
      <text x={at.x} y={at.y + BASELINE}>
        {text ?? label}
      </text>
      {armed !== undefined && <Countdown x={at.x + at.width + CHIP_GAP} y={at.y} at={armed.at} from={from} />}
    </g>
  );
};
