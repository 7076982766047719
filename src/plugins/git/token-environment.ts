/**
 * What gives git a token for the host of an address: as configuration in its environment, which neither arguments nor
 * addresses show. It is good for that host alone.
 */
export const tokenEnvironment = (address: string, token: string | null): Record<string, string> => {
  if (token === null) return {};
  // Whatever the name, it is the token that counts: so it is with GitHub, Gitea, Forgejo and GitLab.
  const credentials = Buffer.from(`x-access-token:${token}`).toString('base64');
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${new URL(address).origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${credentials}`,
  };
};
