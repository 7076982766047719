import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { KeepwellError } from '../errors.ts';
import {
  type AuditRow,
  BEGINNING,
  type ChainEnds,
  type ChainVerdict,
  type KeptPlace,
  verifyChain,
} from './chain.ts';

/**
 * Verifies the audit in a database file, whether a supervisor has it open or not. Reads only.
 * @throws {KeepwellError} `AUDIT_NOTHING_THERE`
 */
export const verifyAuditIn = (file: string, kept: readonly KeptPlace[] = []): ChainVerdict => {
  if (!existsSync(file)) throw new KeepwellError('AUDIT_NOTHING_THERE', { message: `There is no ${file}.` });
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    const verdict = verifyAudit(db, kept);
    if (verdict === null) throw new KeepwellError('AUDIT_NOTHING_THERE');
    return verdict;
  } finally {
    db.close();
  }
};

/** Null for a database of a Keepwell that kept none. One look: what is written meanwhile is not in it. */
export const verifyAudit = (db: Database.Database, kept: readonly KeptPlace[] = []): ChainVerdict | null => {
  const isKept = db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'audit_ends'`).get() !== undefined;
  if (!isKept) return null;
  return db.transaction(() => {
    const rows = db.prepare<[], AuditRow>('SELECT * FROM audit ORDER BY seq').iterate();
    return verifyChain(rows, readEnds(db), sha256, kept);
  })();
};

type EndsRow = { anchor_seq: number; anchor_hash: string; head_seq: number; head_hash: string };

const readEnds = (db: Database.Database): ChainEnds => {
  const row = db.prepare<[], EndsRow>('SELECT * FROM audit_ends').get();
  // Where they were removed, every row is one too many.
  if (row === undefined) return { anchor: BEGINNING, head: BEGINNING };
  return {
    anchor: { seq: row.anchor_seq, hash: row.anchor_hash },
    head: { seq: row.head_seq, hash: row.head_hash },
  };
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
