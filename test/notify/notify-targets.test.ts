import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { parseNotifyTargets } from '../../src/notify-targets.ts';

const HOOK = {
  name: 'ops',
  kind: 'webhook',
  url: 'https://hooks.example/x',
  secret: 'whsec_MDEyMzQ1Njc4OWFiY2RlZg==',
};

describe('the targets of notices', () => {
  it('are told of all but degraded workspaces where they do not say of what', () => {
    expect(parseNotifyTargets([HOOK])).toEqual([
      { ...HOOK, on: ['offline', 'failed', 'recovered', 'plugins_held', 'supervisor_hold'] },
    ]);
  });

  it('are read from keepwell.yaml or from a file, and never shown', () => {
    const yaml = `notify:\n  - { name: ops, kind: slack, url: 'https://hooks.slack.example/T0/secret-part' }`;
    const files: Record<string, string> = { '/data/keepwell.yaml': yaml };
    const readFile = (path: string) => files[path] ?? null;
    const config = loadConfig({ flags: { data: '/data' }, env: {}, readFile });
    expect(config.notify).toMatchObject([{ name: 'ops', secret: null }]);
    expect(config.shown.find(({ key }) => key === 'notify')?.value).toBe('••••••');
    expect(JSON.stringify(config.shown)).not.toContain('secret-part');
    files['/run/notify.yaml'] = yaml.replace('notify:\n', '');
    const env = { KEEPWELL_NOTIFY_FILE: '/run/notify.yaml' };
    const fromFile = loadConfig({
      env,
      readFile: (path) => (path === '/run/notify.yaml' ? (files[path] ?? null) : null),
    });
    expect(fromFile.notify).toMatchObject([{ name: 'ops', kind: 'slack' }]);
  });

  it.each([
    ['no list', { name: 'ops' }, 'a list of targets'],
    ['text that is no YAML', '[', 'a list in YAML'],
    ['a number', [7], 'number 1 is none'],
    ['no name', [{ ...HOOK, name: 'Ops!' }], 'number 1 needs a name'],
    ['two of a name', [HOOK, HOOK], 'two targets called ops'],
    ['a field that means nothing', [{ ...HOOK, events: [] }], 'has a field events'],
    ['another kind', [{ ...HOOK, kind: 'pager' }], 'needs a kind'],
    ['another scheme', [{ ...HOOK, url: 'file:///etc/passwd' }], 'needs a url'],
    ['a password in the url', [{ ...HOOK, url: 'https://u:p4ssw0rd@x.example' }], 'holds no user'],
    ['a short secret', [{ ...HOOK, secret: 'sh0rt' }], 'at least 16 characters'],
    ['a webhook without secret', [{ ...HOOK, secret: undefined }], 'to sign with'],
    ['a secret for Slack', [{ ...HOOK, kind: 'slack' }], 'is its url'],
    ['an unknown word under on', [{ ...HOOK, on: ['everything'] }], 'needs under `on`'],
  ])('are refused with %s, and no secret is in what is said', (_, raw, message) => {
    const refused = () => parseNotifyTargets(raw);
    expect(refused).toThrow(message);
    expect(refused).not.toThrow(/p4ssw0rd|sh0rt|passwd|MDEyMzQ1/);
  });
});
