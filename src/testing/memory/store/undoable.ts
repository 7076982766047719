/**
 * Writes that can be taken back: all since a mark, or the rest when a transaction does not come to its end. What a
 * power cut leaves of a commit is the same as nothing.
 */
export type Undoable = {
  /** Remembers how to take back a write that was just made. */
  note(undo: () => void): void;
  mark(): number;
  /** Takes back everything since the mark, the latest first. */
  backTo(mark: number): void;
  /** What was written stays. */
  forget(): void;
};

export const createUndoable = (): Undoable => {
  const undos: (() => void)[] = [];
  return {
    note: (undo) => void undos.push(undo),
    mark: () => undos.length,
    backTo: (mark) => {
      while (undos.length > mark) undos.pop()?.();
    },
    forget: () => {
      undos.length = 0;
    },
  };
};

/** Sets or, with undefined, deletes an entry. */
export const put = <Key, Value>(
  undoable: Undoable,
  map: Map<Key, Value>,
  key: Key,
  value: Value | undefined,
): void => {
  const before = map.get(key);
  if (value === undefined) map.delete(key);
  else map.set(key, value);
  undoable.note(() => {
    if (before === undefined) map.delete(key);
    else map.set(key, before);
  });
};
