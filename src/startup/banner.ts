export type BannerFacts = {
  version: string;
  url: string;
  data: string;
  /** Only when it was made just now: it is not shown again. */
  newToken: string | null;
  workspaces: number;
};

/** What a person reads when the supervisor starts: where it is, where things are, what to type next. */
export const banner = ({ version, url, data, newToken, workspaces }: BannerFacts): string => {
  const facts = [
    ['address', url],
    ['data', data],
    ...(newToken === null ? [] : [['admin token', `${newToken}  (shown once; kept in ${data}/admin-token)`]]),
    ...(workspaces === 0 ? [] : [['workspaces', String(workspaces)]]),
  ];
  const next =
    workspaces === 0
      ? [
          'Open the address in a browser and sign in with the admin token, or, in another terminal:',
          '',
          '  npx keepwell create demo --template seo-agent --wait',
        ]
      : ['The address in a browser shows them, `npx keepwell top` does so in a terminal.'];
  return [
    '',
    `Keepwell ${version}`,
    '',
    ...facts.map(([name, value]) => `  ${(name as string).padEnd(12)} ${value}`),
    '',
    ...next,
    '',
    '',
  ].join('\n');
};
