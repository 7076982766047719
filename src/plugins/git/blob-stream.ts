/** The answers of `git cat-file --batch`, one blob after the other, never whole in memory. */
export type BlobStream = {
  /** The bytes of the next blob with that id; what comes before it is skipped. @throws when none comes */
  blob(oid: string): AsyncGenerator<Buffer>;
};

/** Reads `<oid> blob <size> LF <content> LF` again and again from what git prints. */
export const createBlobStream = (output: AsyncIterable<Buffer>): BlobStream => {
  const chunks = output[Symbol.asyncIterator]();
  /** `unread` is of the current blob, with the line feed after it. */
  const state = { unread: 0 };
  let held: Buffer = Buffer.alloc(0);

  const refill = async () => {
    const { value, done } = await chunks.next();
    if (done) throw new Error('git ended in the middle of a blob');
    held = held.length === 0 ? value : Buffer.concat([held, value]);
  };

  const take = async (most: number) => {
    if (held.length === 0) await refill();
    const taken = held.subarray(0, most);
    held = held.subarray(taken.length);
    state.unread -= taken.length;
    return taken;
  };

  const header = async (): Promise<string> => {
    while (state.unread > 0) await take(state.unread);
    while (!held.includes(0x0a) && held.length < LONGEST_HEADER) await refill();
    const line = held.toString('latin1', 0, held.indexOf(0x0a));
    const [, oid, size] = /^([0-9a-f]{40}) blob (\d+)$/.exec(line) ?? [];
    if (oid === undefined || size === undefined) throw new Error('git has no such blob');
    held = held.subarray(line.length + 1);
    state.unread = Number(size) + 1;
    return oid;
  };

  return {
    async *blob(oid) {
      while ((await header()) !== oid);
      while (state.unread > 1) yield await take(state.unread - 1);
    },
  };
};

const LONGEST_HEADER = 200;
