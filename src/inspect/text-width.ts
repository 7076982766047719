import { FONT_SIZE } from './chart.ts';

/** Thousandths of the font's size, as in Arial and the fonts made to its measure. */
const WIDTHS: Record<number, string> = {
  222: "ijl'",
  278: 'ft .,:;/![]|I',
  333: 'r()-`{}"',
  500: 'ckvxyszJ*',
  556: 'abdeghnopqu0123456789L_$?#',
  584: '+=<>~',
  611: 'FTZ',
  667: 'ABEKPSVXY&',
  722: 'wCDHNRU',
  778: 'GOQ',
  833: 'mM',
  944: 'W',
};
const OTHER = 1_000;
/** Fonts that are a little wider must fit as well. */
const SPARE = 1.06;
const BOLD = 1.1;

const widthOf = new Map(
  Object.entries(WIDTHS).flatMap(([width, letters]) =>
    Array.from(letters).map((letter) => [letter, Number(width)] as const),
  ),
);

/** The same everywhere: no font is asked. Rounded up to whole units. */
export const textWidth = (text: string, { bold = false, size = FONT_SIZE } = {}): number => {
  const thousandths = Array.from(text).reduce((sum, letter) => sum + (widthOf.get(letter) ?? OTHER), 0);
  return Math.ceil((thousandths / 1_000) * size * SPARE * (bold ? BOLD : 1));
};
