/** How many agents are to be heard, and how many of them were not for too long. */
export type Silence = { silent: number; listening: number };

/** From so large a part of the fleet on, it is likelier that we are deaf than that they are all gone. */
const MASS = 0.55;
/** So many may fall silent together without anybody wondering. */
const FEW = 2;

export const isMassSilence = ({ silent, listening }: Silence): boolean =>
  silent > FEW && silent >= MASS * listening;
