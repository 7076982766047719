/** Tar files written byte by byte, so that anything can be said in them. */
import { gzipSync } from 'node:zlib';

export type TarPart = {
  name: string | Buffer;
  content?: string | Buffer;
  /** `0` file, `1` hard link, `2` symbolic link, `3` and `4` devices, `5` folder, `6` FIFO, `x` PAX, `L` GNU long name. */
  type?: string;
  mode?: number;
  link?: string;
  /** What the header says of the size, if that is not the content's. */
  size?: number;
};

const BLOCK = 512;

const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;

const header = ({ name, content = '', type = '0', mode = 0o644, link = '', size }: TarPart): Buffer => {
  const block = Buffer.alloc(BLOCK);
  Buffer.from(name).copy(block, 0, 0, 100);
  block.write(octal(mode, 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(size ?? Buffer.byteLength(content), 12), 124);
  block.write(octal(0, 12), 136);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  block.write(link, 157, 100);
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
};

const padded = (content: Buffer): Buffer =>
  Buffer.concat([content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK)]);

export const rawTar = (parts: readonly TarPart[]): Buffer =>
  Buffer.concat([
    ...parts.flatMap((part) => [header(part), padded(Buffer.from(part.content ?? ''))]),
    Buffer.alloc(2 * BLOCK),
  ]);

/** A record that gives the next entry another name, or anything else. */
export const pax = (fields: Record<string, string>): TarPart => ({
  name: 'PaxHeader',
  type: 'x',
  content: Object.entries(fields)
    .map(([key, value]) => paxLine(key, value))
    .join(''),
});

const paxLine = (key: string, value: string): string => {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (Buffer.byteLength(String(length) + rest) !== length)
    length = Buffer.byteLength(String(length) + rest);
  return `${length}${rest}`;
};

export const rawTgz = (parts: readonly TarPart[]): Buffer => gzipSync(rawTar(parts));
