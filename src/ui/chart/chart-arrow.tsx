import type { ChartEdge } from '../wire.ts';
import type { Place } from './place.ts';

/** An arrow between states; that of the last step runs along its way once. */
export const ChartArrow = ({ path, edges, place }: { path: string; edges: ChartEdge[]; place: Place }) => {
  const isLast = edges.some(({ id }) => place.last.has(id));
  const isArmed = edges.some(({ id }) => place.armed.has(id));
  const isPossible = edges.some(({ id }) => place.possible.has(id));
  const head = isLast ? 'last' : isArmed ? 'armed' : isPossible ? 'possible' : 'quiet';
  const begins = edges.every(({ kind }) => kind === 'initial');
  return (
    <g
      class="arrow"
      data-edges={edges.map(({ id }) => id).join(' ')}
      data-last={isLast}
      data-armed={isArmed}
      data-possible={isPossible}
    >
      <path
        d={path}
        marker-end={`url(#head-${head})`}
        marker-start={begins ? 'url(#head-begin)' : undefined}
      />
      {isLast && <path key={place.step} class="pulse" d={path} pathLength={1} />}
    </g>
  );
};

/** The ends of arrows, once for a drawing. */
export const ArrowHeads = () => (
  <defs>
    {['quiet', 'possible', 'armed', 'last'].map((name) => (
      <marker
        key={name}
        id={`head-${name}`}
        class={`head head-${name}`}
        viewBox="0 0 8 8"
        refX={7}
        refY={4}
        markerWidth={7}
        markerHeight={7}
        markerUnits="userSpaceOnUse"
        orient="auto-start-reverse"
      >
        <path d="M0 0.5 8 4 0 7.5Z" />
      </marker>
    ))}
    <marker
      id="head-begin"
      class="head head-quiet"
      viewBox="0 0 8 8"
      refX={4}
      refY={4}
      markerWidth={7}
      markerHeight={7}
      markerUnits="userSpaceOnUse"
    >
      <circle cx={4} cy={4} r={3.5} />
    </marker>
  </defs>
);
