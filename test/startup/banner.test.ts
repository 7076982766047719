import { describe, expect, it } from 'vitest';
import { banner } from '../../src/startup/banner.ts';

const FACTS = {
  version: '1.2.3',
  url: 'http://127.0.0.1:7420',
  data: '/data',
  newToken: null,
  workspaces: 0,
};

describe('the first screen', () => {
  it('leads to the page, and to a first workspace where there is none', () => {
    const text = banner({ ...FACTS, newToken: 'kwa_new' });
    expect(text).toContain('http://127.0.0.1:7420');
    expect(text).toContain('kwa_new  (shown once; kept in /data/admin-token)');
    expect(text).toMatch(/in a browser and sign in with the admin token/);
    expect(text).toContain('npx keepwell create demo --template seo-agent --wait');
  });

  it('says how to look at the workspaces that there are, and no token again', () => {
    const text = banner({ ...FACTS, workspaces: 3 });
    expect(text).toMatch(/workspaces +3/);
    expect(text).toContain('npx keepwell top');
    expect(text).not.toContain('admin token');
  });
});
