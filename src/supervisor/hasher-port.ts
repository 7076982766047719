/** Hashes tokens. */
export interface Hasher {
  /** SHA-256 of a text's UTF-8 bytes, in hex. */
  sha256(text: string): string;
  /** Whether two hashes are equal, in a time that says nothing about where they differ. */
  equal(a: string, b: string): boolean;
}
