/** Zip files written byte by byte, so that anything can be said in them. */
import { crc32, deflateRawSync } from 'node:zlib';

export type ZipPart = {
  name: string | Buffer;
  content?: string | Buffer;
  /** Of a Unix file, with its type; 0 for a tool that says nothing. */
  mode?: number;
  flags?: number;
  deflated?: boolean;
  /** What the directory says it unpacks to. */
  size?: number;
  /** Where the directory says it begins. */
  offset?: number;
};

const UTF8 = 0x800;

export const rawZip = (parts: readonly ZipPart[], { comment = '', entries = parts.length } = {}): Buffer => {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const { name, content = '', mode = 0o100644, flags = UTF8, deflated = false, size, offset } of parts) {
    const raw = Buffer.from(content);
    const data = deflated ? deflateRawSync(raw) : raw;
    const label = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(deflated ? 8 : 0, 4);
    common.writeUInt32LE(crc32(raw), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(size ?? raw.length, 18);
    common.writeUInt16LE(label.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, label, data]);
    const more = Buffer.alloc(14);
    more.writeUInt32LE((mode << 16) >>> 0, 6);
    more.writeUInt32LE(offset ?? at, 10);
    const made = Buffer.from([20, 3]);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02', 'latin1'), made, common, more, label]));
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries, 4);
  end.writeUInt16LE(entries, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(at, 12);
  end.writeUInt16LE(comment.length, 16);
  return Buffer.concat([
    ...locals,
    directory,
    Buffer.from('PK\x05\x06', 'latin1'),
    end,
    Buffer.from(comment),
  ]);
};
