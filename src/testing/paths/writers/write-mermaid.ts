import type { Paths } from '../types.ts';

/** Draws what the paths walk as one mermaid state diagram; arrows that more than one path takes are drawn once. */
export const writeMermaid = ({ paths, machine }: Paths): string => {
  const states = new Map<string, string>();
  const stateOf = (leaf: string): string => {
    const known = states.get(leaf) ?? `s${states.size + 1}`;
    states.set(leaf, known);
    return known;
  };
  const arrows = new Map<string, string[]>();
  const draw = (from: string, to: string, label: string): void => {
    const labels = arrows.get(`${from} --> ${to}`) ?? [];
    if (!labels.includes(label)) labels.push(label);
    arrows.set(`${from} --> ${to}`, labels);
  };
  for (const { from, steps } of paths) {
    draw('[*]', stateOf(from), '');
    for (const step of steps) draw(stateOf(step.from), stateOf(step.to), plain(step.title));
  }
  const lines = [
    ...[...states].map(([leaf, id]) => `state "${plain(leaf)}" as ${id}`),
    ...[...arrows].map(([arrow, labels]) =>
      labels.join('') === '' ? arrow : `${arrow} : ${labels.join('<br/>')}`,
    ),
  ];
  const head = `---\ntitle: ${plain(machine)}, ${paths.length} paths\n---\nstateDiagram-v2\n`;
  return `${head}${lines.map((line) => `  ${line}\n`).join('')}`;
};

/** What has a meaning in the language of the diagram is taken out. */
const plain = (text: string): string =>
  text
    .replaceAll(/["`;#{}<>:\n]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
