import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFECTS } from './all-defects.ts';
import { PLANTED } from './planted/planted-defects.ts';
import { REPO } from './workbench.ts';

const LEAST = 40;
const LEAST_PLANTED = 10;
const ALL = [...DEFECTS, ...PLANTED];

/** A title stands in its file as text, whichever quotes are around it. */
const isTitleIn = (text: string, title: string): boolean =>
  ["'", '"', '`'].some((quote) => text.includes(`${quote}${title}${quote}`));

describe('the list of defects', () => {
  const texts = new Map<string, string>();
  const textOf = (file: string): string => {
    const text = texts.get(file) ?? readFileSync(join(REPO, file), 'utf8');
    texts.set(file, text);
    return text;
  };

  it(`holds ${LEAST} or more, and ${LEAST_PLANTED} for the simulator, each under a name of its own`, () => {
    const ids = ALL.map(({ id }) => id);
    expect(DEFECTS.length).toBeGreaterThanOrEqual(LEAST);
    expect(PLANTED.length).toBeGreaterThanOrEqual(LEAST_PLANTED);
    expect(new Set(PLANTED.map(({ part }) => part)).size).toBe(4);
    expect(ids).toEqual([...new Set(ids)]);
    expect(ids.filter((id) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(id))).toEqual([]);
  });

  it('fits the program as it is: what each defect changes is there, once, and becomes something else', () => {
    const astray = ALL.flatMap(({ id, edits }) => {
      const wrong = edits.filter(
        ({ file, find, replace }) => textOf(file).split(find).length !== 2 || find === replace,
      );
      if (edits.length === 0) return [`${id} changes nothing`];
      return wrong.map(({ file, find }) => `${id} does not fit ${file}: ${find}`);
    });
    expect(astray).toEqual([]);
  });

  it('names for each defect a test that exists', () => {
    const lost = DEFECTS.filter(
      ({ caughtBy: { file, title, contract = file } }) => !isTitleIn(textOf(contract), title),
    );
    expect(lost.map(({ id, caughtBy }) => `${id}: ${caughtBy.file} has no ${caughtBy.title}`)).toEqual([]);
  });
});
