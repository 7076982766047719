import { type Static, Type } from 'typebox';
import { Nullable, Words } from './nullable.ts';

const Text = Type.String();
const MaybeText = Nullable(Text);
const Texts = Type.Array(Text);
const Point = Type.Object({ x: Type.Number(), y: Type.Number() });
const PLACE = { x: Type.Number(), y: Type.Number(), width: Type.Number(), height: Type.Number() };

const ChartNode = Type.Object({
  id: Type.String({ description: 'the dotted path below the root' }),
  key: Text,
  parent: MaybeText,
  kind: Words(['atomic', 'compound', 'parallel', 'final', 'history']),
  deep: Type.Boolean({ description: 'whether a history state remembers the states within states too' }),
  initial: MaybeText,
  description: MaybeText,
  tags: Texts,
  invokes: Type.Array(Type.Object({ id: Text, src: Text, machine: MaybeText })),
  entry: Texts,
  exit: Texts,
  ...PLACE,
});

const ChartEdge = Type.Object({
  id: Text,
  source: Type.String({ description: 'empty: the machine itself' }),
  target: Nullable(Type.String({ description: 'null: it stays where it is, and only acts' })),
  more_targets: Texts,
  event: Text,
  kind: Words(['event', 'always', 'done', 'error', 'initial', 'history']),
  label: Type.String({ description: 'for people: the event, then the guard' }),
  guard: MaybeText,
  actions: Texts,
  description: MaybeText,
  reenter: Type.Boolean(),
  points: Nullable(
    Type.Array(Point, {
      description: 'the arrow, from border to border; shared by all that begin and end alike',
    }),
  ),
  text: Nullable(Type.String({ description: 'the row as it is drawn in the box of its source' })),
  label_at: Nullable(Type.Object(PLACE, { description: 'where the row stands' })),
  inside: Type.Boolean({ description: 'it has no arrow: the row says it all' }),
});

/** A state machine as it is drawn, with absolute coordinates. */
export const MachineChartWire = Type.Object({
  name: Text,
  description: MaybeText,
  width: Type.Number(),
  height: Type.Number(),
  nodes: Type.Array(ChartNode),
  edges: Type.Array(ChartEdge),
});
export type MachineChartWire = Static<typeof MachineChartWire>;
