/** A moment: milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number;

/** A length of time in milliseconds. */
export type DurationMs = number;

/**
 * What every event brings with it, so that a machine needs neither a clock nor dice.
 *
 * `roll` is uniform in [0, 1) and decides jitter.
 */
export type Stamp = { at: EpochMs; roll: number };

export const SECOND: DurationMs = 1_000;
export const MINUTE: DurationMs = 60 * SECOND;
