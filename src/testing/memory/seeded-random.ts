/** Uniform in [0, 1). */
export type Random = () => number;

/**
 * Numbers that are the same for the same seed, everywhere: sfc32, seeded through splitmix32. Period at least 2^32
 * values; good enough for simulations, useless for secrets.
 */
export const seededRandom = (seed: number): Random => {
  let word = seed | 0;
  const next = (): number => {
    word = (word + 0x9e3779b9) | 0;
    let mixed = word ^ (word >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
  let [a, b, c, counter] = [next(), next(), next(), 1];

  const roll = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  // The first values still look like the seed.
  for (let round = 0; round < 12; round += 1) roll();
  return roll;
};
