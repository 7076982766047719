import { existsSync } from 'node:fs';
import { verifyAuditIn } from '../../audit/read-chain.ts';
import { auditHeadsOfBackups } from '../../backup/audit-heads.ts';
import { KeepwellError } from '../../errors.ts';
import { type Check, fine, problem } from '../check.ts';

export const audit: Check = {
  id: 'audit',
  async look({ folders, isOurs, running }) {
    if (!existsSync(folders.database) || (!isOurs && running === null)) return [];
    const kept = await auditHeadsOfBackups(folders.root);
    try {
      const { rows, faults } = verifyAuditIn(folders.database, kept);
      const [first] = faults;
      if (first === undefined) return [fine(`The audit is whole (rows: ${rows}).`)];
      return [
        problem(
          `The audit is broken at row ${first.seq}: ${first.problem}.`,
          'Somebody changed the database by hand. `keepwell audit verify` lists all that is wrong; backups from before have the rows as they were.',
        ),
      ];
    } catch (error) {
      // A database from before there was an audit; one that cannot be read is told of elsewhere.
      if (error instanceof KeepwellError || (error as { code?: string }).code?.startsWith('SQLITE_'))
        return [];
      throw error;
    }
  },
};
