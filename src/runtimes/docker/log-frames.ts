import { createLineSplitter } from '../log-lines.ts';

const HEADER = 8;

/**
 * Lines of a container's output, as the engine sends it: frames of a kind (1 byte, in the first of 4), a length (4
 * bytes, big-endian) and so many bytes. Lines of the two outputs do not mix.
 */
export async function* linesOf(blocks: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<string> {
  const splitters = new Map<number, ReturnType<typeof createLineSplitter>>();
  const splitterOf = (kind: number) => {
    const splitter = splitters.get(kind) ?? createLineSplitter();
    splitters.set(kind, splitter);
    return splitter;
  };
  let held: Buffer = Buffer.alloc(0);
  for await (const block of blocks) {
    held = held.length === 0 ? block : Buffer.concat([held, block]);
    while (held.length >= HEADER) {
      const end = HEADER + held.readUInt32BE(4);
      if (held.length < end) break;
      yield* splitterOf(held.readUInt8(0)).push(held.subarray(HEADER, end));
      held = held.subarray(end);
    }
  }
  for (const splitter of splitters.values()) yield* splitter.flush();
}
