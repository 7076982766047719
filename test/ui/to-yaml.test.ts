import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { toYaml } from '../../src/ui/workspace/spec/to-yaml.ts';

describe('a spec written as YAML', () => {
  it('reads as people write it', () => {
    expect(toYaml({ name: 'demo', plugins: [{ name: 'seo-all', track: 'auto' }], env: {}, list: [] })).toBe(
      ['name: demo', 'plugins:', '  - name: seo-all', '    track: auto', 'env: {}', 'list: []'].join('\n'),
    );
  });

  it('says exactly what it was made of', () => {
    const data = fc.object({
      key: fc.string(),
      values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(null)],
      maxDepth: 3,
    });
    fc.assert(
      fc.property(data, (value) => {
        const plain = JSON.parse(JSON.stringify(value)) as unknown;
        expect(parse(toYaml(plain))).toEqual(plain);
      }),
    );
  });
});
