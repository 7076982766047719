import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { drawDiagrams } from '../../src/diagrams.ts';

describe('the diagrams that are kept beside the machines', () => {
  it('show the machines as they are (`npm run diagrams` draws them anew)', async () => {
    const diagrams = await drawDiagrams();
    expect(diagrams).toHaveLength(3);
    for (const { file, svg } of diagrams) expect(readFileSync(file, 'utf8') === svg, file).toBe(true);
  });
});
