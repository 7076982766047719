import type { AnyStateNode } from 'xstate';
import { type Guard, type GuardTree, readGuard } from '../../../machines/describe/guard-words.ts';

/** A state's id, as XML allows it. `path` names another state of its machine. */
export const scxmlId = ({ machine, path }: AnyStateNode, other: readonly string[] = path): string =>
  [machine.root.id, ...other].map(asName).join('.');

const asName = (key: string): string =>
  key.replaceAll(/[^\w-]/g, (sign) => `_${sign.charCodeAt(0).toString(16)}_`).replace(/^(?=[\d-])/, '_');

/** An event as SCXML calls it: what XState raises by itself has names of SCXML's own, where it has such. */
export const scxmlEvent = (event: string, node: AnyStateNode): string =>
  (event === `xstate.done.state.${node.id}` ? `done.state.${scxmlId(node)}` : event)
    .replace(/^xstate\.done\.actor\./, 'done.invoke.')
    .replace(/^xstate\.error\.actor\./, 'error.invoke.')
    .replaceAll(/\s/g, '_');

/** A guard as a condition that calls it by its name. */
export const conditionOf = (guard: Guard, source: AnyStateNode): string => treeOf(readGuard(guard), source);

const treeOf = (tree: GuardTree, source: AnyStateNode): string => {
  switch (tree.kind) {
    case 'named':
      return `${asCall(tree.name)}(${tree.params === undefined ? '' : JSON.stringify(tree.params)})`;
    case 'in':
      return pathsIn(tree.state)
        .map((path) => `In('${scxmlId(source, path)}')`)
        .join(' && ');
    case 'not':
      return `!(${tree.guards.map((each) => treeOf(each, source)).join(' && ')})`;
    case 'and':
      return `(${tree.guards.map((each) => treeOf(each, source)).join(' && ')})`;
    case 'or':
      return `(${tree.guards.map((each) => treeOf(each, source)).join(' || ')})`;
    case 'inline':
      return 'guard()';
    default:
      return tree satisfies never;
  }
};

const asCall = (name: string): string => name.replaceAll(/[^\w$]/g, '_').replace(/^(?=\d)/, '_');

/** `{ a: { b: 'c' } }` is the state `a.b.c`; of a parallel state, several. */
const pathsIn = (value: unknown): string[][] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, below]) => pathsIn(below).map((path) => [key, ...path]))
    : [
        String(value)
          .replace(/^#[^.]+\./, '')
          .split('.'),
      ];
