import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { agentCases } from '../../../src/testing/conform/agent/agent-cases.ts';
import { serverCases } from '../../../src/testing/conform/server/server-cases.ts';

const README = readFileSync(join(import.meta.dirname, '../../../src/testing/conform/README.md'), 'utf8');

/** `- \`topic/\`: one, other` under a heading. */
const listedUnder = (heading: string): string[] => {
  const section = README.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^- `([a-z]+\/)`: (.*)$/gm)].flatMap(([, topic = '', names = '']) =>
    topic === 'paths/' ? [] : names.split(', ').map((name) => topic + name),
  );
};

const idsOf = (cases: readonly { id: string }[]): string[] => cases.map(({ id }) => id);

describe('the cases of the conformance kit', () => {
  it('are listed in its README, and no others', () => {
    expect(listedUnder('Of a server')).toEqual(idsOf(serverCases).filter((id) => !id.startsWith('paths/')));
    expect(listedUnder('Of an agent')).toEqual(idsOf(agentCases));
  });

  it('have ids that are theirs alone, of a topic and a name', () => {
    for (const ids of [idsOf(serverCases), idsOf(agentCases)]) {
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.filter((id) => !/^[a-z]+\/[a-z0-9.-]+$/.test(id))).toEqual([]);
    }
  });

  it('have titles that read as requirements', () => {
    const titles = [...serverCases, ...agentCases].map(({ title }) => title);
    expect(titles.filter((title) => !/^[A-Za-z].*[^.]$/.test(title))).toEqual([]);
  });

  it('lead along the generated paths into online, the same ones each time', () => {
    const paths = idsOf(serverCases).filter((id) => id.startsWith('paths/'));
    expect(paths.length).toBeGreaterThan(40);
    for (const way of [
      'beat-recovered.silence.register',
      'paused.resumed.beat-recovered',
      'hibernated.woke.register',
      'beat-recovered.beat-failing.undeclare.beat-recovered',
    ]) {
      expect(paths).toContain(`paths/${way}`);
    }
  });
});
