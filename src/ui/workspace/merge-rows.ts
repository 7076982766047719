type Row = { seq: number };

/** Both together, the oldest first, each row once. What is usual is fast: a row that is newer than all. */
export const mergeRows = <T extends Row>(known: readonly T[], added: readonly T[]): T[] => {
  const last = known.at(-1)?.seq ?? -1;
  const [only] = added;
  if (added.length === 1 && only !== undefined && only.seq > last) return [...known, only];
  const bySeq = new Map([...known, ...added].map((row) => [row.seq, row]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
};
