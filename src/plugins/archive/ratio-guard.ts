import { Transform } from 'node:stream';
import { KeepwellError } from '../../errors.ts';

/** So much may come out of any archive: empty blocks make small ones look worse than they are. */
const FREE_BYTES = 1024 * 1024;
const MOST_TIMES = 100;

/** Whether something unpacks to far more than it weighs. */
export const isBomb = (packedBytes: number, unpackedBytes: number): boolean =>
  unpackedBytes > Math.max(FREE_BYTES, MOST_TIMES * packedBytes);

/** Lets unpacked bytes pass until they are far more than `packedBytes`; all of them when that is null. */
export const createRatioGuard = (packedBytes: number | null): Transform => {
  let unpacked = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      unpacked += chunk.byteLength;
      if (packedBytes !== null && isBomb(packedBytes, unpacked)) done(new KeepwellError('PLUGIN_BOMB'));
      else done(null, chunk);
    },
  });
};
