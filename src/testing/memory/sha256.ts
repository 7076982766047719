/** The first 32 bits of what follows the point in the square roots, or cube roots, of the first primes. */
const fractions = (count: number, root: number): Int32Array => {
  const words = new Int32Array(count);
  let found = 0;
  for (let number = 2; found < count; number += 1) {
    let isPrime = true;
    for (let divisor = 2; divisor * divisor <= number; divisor += 1) {
      if (number % divisor === 0) isPrime = false;
    }
    if (!isPrime) continue;
    const power = number ** (1 / root);
    words[found] = ((power - Math.floor(power)) * 2 ** 32) | 0;
    found += 1;
  }
  return words;
};

const START = fractions(8, 2);
const ROUNDS = fractions(64, 3);

/** SHA-256 of a text's UTF-8 bytes, in hex. Where there is nothing of Node; slower than what Node has. */
export const sha256 = (text: string): string => {
  const bytes = new TextEncoder().encode(text);
  const padded = new Uint8Array((((bytes.length + 8) >> 6) + 1) << 6);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(padded.length - 4, bytes.length << 3);

  const state = START.slice();
  const schedule = new Int32Array(64);
  for (let offset = 0; offset < padded.length; offset += 64) {
    for (let index = 0; index < 16; index += 1) schedule[index] = view.getInt32(offset + index * 4);
    expand(schedule);
    mix(state, schedule);
  }
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
};

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

const at = (words: Int32Array, index: number): number => words[index] as number;

const expand = (words: Int32Array): void => {
  for (let index = 16; index < 64; index += 1) {
    const early = at(words, index - 15);
    const late = at(words, index - 2);
    const first = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const second = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    words[index] = (at(words, index - 16) + first + at(words, index - 7) + second) | 0;
  }
};

const mix = (state: Int32Array, words: Int32Array): void => {
  let [a, b, c, d, e, f, g, h] = state as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let index = 0; index < 64; index += 1) {
    const turnedE = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const chosen = (e & f) ^ (~e & g);
    const first = (h + turnedE + chosen + at(ROUNDS, index) + at(words, index)) | 0;
    const turnedA = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const second = (turnedA + majority) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  const mixed = [a, b, c, d, e, f, g, h];
  for (const [index, word] of mixed.entries()) state[index] = (at(state, index) + word) | 0;
};
