import type { ChartEdge } from '../wire.ts';
import type { Item } from './describe-item.ts';
import type { Place } from './place.ts';

const BASELINE = 12;
type Props = {
  edge: ChartEdge;
  place: Place;
  isMarked: boolean;
  onPoint: (item: Item | null) => void;
};

/** A transition as a line of text in the box of its source. */
export const ChartRow = ({ edge, place, isMarked, onPoint }: Props) => {
  const { id, label_at: at, text, label } = edge;
  if (at === null) return null;
  const middle = at.y + at.height / 2;
  return (
    <g
      class="edge-row"
      data-edge={id}
      data-last={place.last.has(id)}
      data-possible={place.possible.has(id)}
      data-armed={place.armed.has(id)}
      data-marked={isMarked}
      onPointerEnter={() => onPoint({ kind: 'edge', edge })}
      onPointerLeave={() => onPoint(null)}
    >
      <rect x={at.x - 3} y={at.y} width={at.width + 6} height={at.height} rx={3} />
      {place.possible.has(id) && (
        <path
          class="edge-mark"
          d={`M${at.x - 6} ${middle - 3}L${at.x - 2} ${middle}L${at.x - 6} ${middle + 3}Z`}
        />
      )}
      <text x={at.x} y={at.y + BASELINE}>
        {text ?? label}
      </text>
    </g>
  );
};
