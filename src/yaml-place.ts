import { isMap, isScalar, isSeq } from 'yaml';

/** A place in a YAML document: keys and indexes from its top. */
export type YamlPlace = readonly (string | number)[];

/** Where in the text a key or list item stands, as an offset; where the nearest thing above it stands if it is not there. */
export const offsetOf = (root: unknown, place: YamlPlace): number => {
  let node = root;
  let offset = startOf(root) ?? 0;
  for (const step of place) {
    const [start, inner] = stepInto(node, step);
    if (start === null) break;
    offset = start;
    node = inner;
  }
  return offset;
};

const stepInto = (node: unknown, step: string | number): [start: number | null, inner: unknown] => {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    return [startOf(pair?.key), pair?.value];
  }
  if (isSeq(node) && /^\d+$/.test(String(step))) {
    const item = node.items[Number(step)];
    return [startOf(item), item];
  }
  return [null, undefined];
};

const startOf = (node: unknown): number | null =>
  (node as { range?: [number, number, number] | null } | null | undefined)?.range?.[0] ?? null;
