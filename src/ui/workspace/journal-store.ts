import { signal } from '@preact/signals';
import { request, workspacePath } from '../session/request.ts';
import type { JournalPage, JournalRow } from '../wire.ts';
import { mergeRows } from './merge-rows.ts';

const PAGE = 200;

/** What happened to a workspace as far as it was asked for, the oldest row first. */
export const createJournalStore = (name: string) => {
  const rows = signal<JournalRow[]>([]);
  const cursor = signal<string | null>(null);
  const isBusy = signal(false);

  const read = async (query: string): Promise<JournalPage> => {
    isBusy.value = true;
    try {
      const page = await request<JournalPage>(workspacePath(name, `/history?limit=${PAGE}${query}`));
      rows.value = mergeRows(rows.value, page.items);
      cursor.value = page.next_cursor;
      return page;
    } finally {
      isBusy.value = false;
    }
  };

  return {
    rows,
    isBusy,
    /** Where the page before begins; null when everything is here. */
    cursor,
    /** Reads the newest page. Gives the sequence number from which on a stream has to follow. */
    begin: async (): Promise<number> => (await read('')).last_seq,
    async readEarlier(): Promise<void> {
      if (cursor.value !== null && !isBusy.value) await read(`&cursor=${encodeURIComponent(cursor.value)}`);
    },
    add(row: JournalRow): void {
      rows.value = mergeRows(rows.value, [row]);
    },
  };
};
