import type { ChartNode } from '../wire.ts';
import type { Item } from './describe-item.ts';
import type { Place } from './place.ts';

const TITLE_BASELINE = 16;
const LINE_HEIGHT = 16;
const INSET = 8;

type Props = { node: ChartNode; place: Place; isMarked: boolean; onPoint: (item: Item | null) => void };

/** A state as a box with its name; lit while it is active. */
export const ChartNodeView = ({ node, place, isMarked, onPoint }: Props) => {
  const { id, key, kind, x, y, width, height, invokes } = node;
  const isActive = place.active.has(id);
  const isLeaf = place.leaf.split(',').includes(id);
  return (
    <g
      class="node"
      data-state={id}
      data-kind={kind}
      data-active={isActive}
      data-leaf={isLeaf}
      data-marked={isMarked}
      onPointerEnter={() => onPoint({ kind: 'state', node })}
      onPointerLeave={() => onPoint(null)}
    >
      <rect x={x} y={y} width={width} height={height} rx={kind === 'history' ? 11 : 6} />
      {kind === 'final' && <rect x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx={4} />}
      <text class="node-name" x={x + INSET} y={y + TITLE_BASELINE}>
        {isLeaf ? `● ${key}` : key}
      </text>
      {(kind === 'atomic' || kind === 'final') && (
        <text class="node-far-name" x={x + width / 2} y={y + height / 2}>
          {key}
        </text>
      )}
      {invokes.map((invoke, index) => (
        <text
          key={invoke.id}
          class="node-runs"
          x={x + INSET}
          y={y + TITLE_BASELINE + (index + 1) * LINE_HEIGHT}
        >
          {invoke.machine === null ? `runs ${invoke.id}` : `runs the machine ${invoke.machine}`}
        </text>
      ))}
    </g>
  );
};
