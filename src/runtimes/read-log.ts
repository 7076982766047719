import { closeSync, readSync } from 'node:fs';
import { setImmediate as breathe, setTimeout as pause } from 'node:timers/promises';
import type { DurationMs } from '../../machines/time.ts';
import { type OpenLog, openLogToRead } from './log-file.ts';
import { createLineSplitter, lineStartFromEnd } from './log-lines.ts';

const BLOCK = 64 * 1024;
const LOOK_MS: DurationMs = 200;

export type LogWishes = { tail: number; follow: boolean; signal?: AbortSignal | undefined };

/**
 * The last `tail` lines of a workspace's output, oldest first, across rotated files. With `follow` then each line as it
 * is completed, until `signal` aborts.
 *
 * Reads blocks from the end, never a whole file. Long lines are cut. A follower loses nothing to a rotation unless two
 * happen within one look (200 ms).
 */
export async function* readLog(logs: string, { tail, follow, signal }: LogWishes): AsyncGenerator<string> {
  const splitter = createLineSplitter();
  // All files are opened in one synchronous piece, so that no rotation comes between them.
  const files = openAll(logs);
  let place: Place = { archive: files[1]?.inode ?? null, offset: 0 };
  try {
    const start = await findStart(files, tail);
    if (start.age === 0) place.offset = start.offset;
    for (let age = start.age; age >= 0; age--) {
      const file = files[age];
      if (!file) continue;
      const from = age === start.age ? start.offset : 0;
      for await (const block of blocksOf(file, from)) {
        if (signal?.aborted) return;
        if (age === 0) place.offset += block.length;
        yield* splitter.push(block);
      }
    }
  } finally {
    for (const file of files) if (file) closeSync(file.fd);
  }
  if (!follow) {
    yield* splitter.flush();
    return;
  }
  for (;;) {
    if (signal?.aborted) return;
    const news = readNews(logs, place);
    place = news.place;
    for (const block of news.blocks) yield* splitter.push(block);
    await (news.more ? breathe() : pause(LOOK_MS, undefined, signal ? { signal } : {}).catch(() => {}));
  }
}

/** Where a follower is: how far in `agent.log`, and which file was `agent.log.1` then. */
type Place = { archive: number | null; offset: number };

const openAll = (logs: string): (OpenLog | null)[] => {
  const files = [openLogToRead(logs, 0)];
  for (let age = 1; ; age++) {
    const file = openLogToRead(logs, age);
    if (file === null) return files;
    files.push(file);
  }
};

/** Where the last `tail` lines begin. A last line without an end counts. */
const findStart = async (
  files: readonly (OpenLog | null)[],
  tail: number,
): Promise<{ age: number; offset: number }> => {
  const end = { age: 0, offset: files[0]?.size ?? 0 };
  if (tail <= 0) return end;
  let wanted = tail;
  let isLastByte = true;
  for (const [age, file] of files.entries()) {
    if (!file) continue;
    for (let until = file.size; until > 0; until -= BLOCK) {
      const from = Math.max(0, until - BLOCK);
      const block = readBlock(file.fd, from, until - from);
      // The line end that ends everything ends the last line; it does not begin another.
      if (isLastByte && block.at(-1) === 0x0a) wanted += 1;
      isLastByte &&= block.length === 0;
      const start = lineStartFromEnd(block, wanted);
      if ('at' in start) return { age, offset: from + start.at };
      wanted -= start.found;
      await breathe();
    }
  }
  return { age: files.length - 1, offset: 0 };
};

async function* blocksOf(file: OpenLog, from: number): AsyncGenerator<Buffer> {
  for (let at = from; at < file.size; ) {
    const block = readBlock(file.fd, at, Math.min(BLOCK, file.size - at));
    if (block.length === 0) return;
    at += block.length;
    yield block;
    await breathe();
  }
}

/** What was written since `place`. Synchronous, so that a rotation is seen whole or not at all. */
const readNews = (logs: string, place: Place): { place: Place; blocks: Buffer[]; more: boolean } => {
  const archive = openLogToRead(logs, 1);
  const current = openLogToRead(logs, 0);
  try {
    if (archive && archive.inode !== place.archive) {
      const block = readBlock(archive.fd, place.offset, Math.min(BLOCK, archive.size - place.offset));
      const offset = place.offset + block.length;
      if (block.length > 0 && offset < archive.size) {
        return { place: { ...place, offset }, blocks: [block], more: true };
      }
      return { place: { archive: archive.inode, offset: 0 }, blocks: [block], more: true };
    }
    if (!current) return { place: { ...place, offset: 0 }, blocks: [], more: false };
    const from = current.size < place.offset ? 0 : place.offset;
    const block = readBlock(current.fd, from, Math.min(BLOCK, current.size - from));
    return {
      place: { ...place, offset: from + block.length },
      blocks: [block],
      more: block.length === BLOCK,
    };
  } finally {
    if (archive) closeSync(archive.fd);
    if (current) closeSync(current.fd);
  }
};

const readBlock = (fd: number, from: number, length: number): Buffer => {
  if (length <= 0) return Buffer.alloc(0);
  const block = Buffer.alloc(length);
  return block.subarray(0, readSync(fd, block, 0, length, from));
};
