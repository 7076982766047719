/** How the rows of the audit hang together. Pure: who hashes and who reads is somebody else. */

/** One row as it is stored. `act` is JSON; `answers` is the number of the row that it answers, or null. */
export type AuditRow = {
  seq: number;
  at: number;
  act: string;
  answers: number | null;
  previous: string;
  hash: string;
};

/** A place in the chain: everything up to `seq`, by one hash. */
export type ChainPlace = { seq: number; hash: string };

/** What is kept beside the rows: where they begin (all before was dropped), and where they end. */
export type ChainEnds = { anchor: ChainPlace; head: ChainPlace };

export const BEGINNING: ChainPlace = { seq: 0, hash: '0'.repeat(64) };

/** What a row says when the cap has dropped rows before it; `anchor` is the last one that went. */
export const CAPPED = 'audit.capped';
export type CappedAct = { what: typeof CAPPED; dropped: number; anchor: ChainPlace };

/** What of a row is hashed, as text: all of it, and so through `previous` all before it. */
export const linkText = ({ seq, at, act, answers, previous }: Omit<AuditRow, 'hash'>): string =>
  JSON.stringify([seq, at, act, answers, previous]);

/** Writes a place as people keep it: `12:6f0c…`. */
export const placeText = ({ seq, hash }: ChainPlace): string => `${seq}:${hash}`;

/** Reads what `placeText` wrote; null for anything else. */
export const parsePlace = (text: string): ChainPlace | null => {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text.trim()) ?? [];
  return seq === undefined || hash === undefined ? null : { seq: Number(seq), hash };
};

/** Where a chain was broken: at or after `seq`, in words. */
export type ChainFault = { seq: number; problem: string };
export type ChainVerdict = ChainEnds & { rows: number; faults: ChainFault[] };

/** A place that was kept elsewhere, and where. */
export type KeptPlace = ChainPlace & { from: string };

/**
 * Looks at every row once, in their order. What follows a fault is looked at too: it may be whole in itself.
 *
 * @param kept places that the chain has to lead through, however far it went since; this is what tells of an end that
 * was cut off by somebody who wrote the ends anew as well
 */
export const verifyChain = (
  rows: Iterable<AuditRow>,
  { anchor, head }: ChainEnds,
  sha256: (text: string) => string,
  kept: readonly KeptPlace[] = [],
): ChainVerdict => {
  const faults: ChainFault[] = [];
  const wanted = new Map<number, KeptPlace[]>(Map.groupBy(kept, ({ seq }) => seq));
  let last = anchor;
  let count = 0;
  let named: ChainPlace = BEGINNING;

  const compareKept = ({ seq, hash }: ChainPlace): void => {
    for (const place of wanted.get(seq) ?? []) {
      if (place.hash !== hash)
        faults.push({ seq, problem: `row ${seq} is another one than ${place.from} has` });
    }
    wanted.delete(seq);
  };

  compareKept(anchor);
  for (const row of rows) {
    count += 1;
    const { seq, previous, hash } = row;
    if (seq !== last.seq + 1) {
      const missing = seq === last.seq + 2 ? `row ${seq - 1} is` : `rows ${last.seq + 1} to ${seq - 1} are`;
      faults.push({ seq, problem: `${missing} missing` });
    } else if (previous !== last.hash) {
      faults.push({ seq, problem: `row ${seq} does not follow from the one before it` });
    }
    if (sha256(linkText(row)) !== hash) faults.push({ seq, problem: `row ${seq} was changed` });
    compareKept({ seq, hash });
    named = anchorNamedBy(row.act) ?? named;
    last = { seq, hash };
  }
  if (placeText(named) !== placeText(anchor)) {
    faults.push({ seq: anchor.seq + 1, problem: 'where it begins is not where the cap has cut it' });
  }
  if (head.seq > last.seq) {
    faults.push({
      seq: last.seq + 1,
      problem: `it ends with row ${last.seq}, and has been at row ${head.seq}`,
    });
  } else if (placeText(head) !== placeText(last)) {
    faults.push({
      seq: last.seq,
      problem: `it ends with row ${last.seq}, which is not the end that was written`,
    });
  }
  for (const place of [...wanted.values()].flat()) {
    // What the cap has dropped cannot be compared any more.
    if (place.seq <= anchor.seq) continue;
    faults.push({ seq: last.seq + 1, problem: `${place.from} has row ${place.seq}, which is missing here` });
  }
  return { anchor, head: last, rows: count, faults };
};

const anchorNamedBy = (act: string): ChainPlace | null => {
  if (!act.includes(CAPPED)) return null;
  try {
    const { what, anchor } = JSON.parse(act) as Partial<CappedAct>;
    return what === CAPPED && anchor !== undefined ? anchor : null;
  } catch {
    return null;
  }
};
