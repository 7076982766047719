/** Where an agent beats, as whom, and with what. */
export type Beating = {
  url: string;
  workspaceId: string;
  /** Null when it is not known any more: then it is taken from the environment. */
  token: string | null;
};

export const SNIPPET_LANGUAGES = ['curl', 'node', 'python'] as const;
export type Snippets = Record<(typeof SNIPPET_LANGUAGES)[number], string>;

/**
 * Whole agents to paste into a shell, `node` or `python3`, with nothing but what those bring along.
 *
 * Each beats as often as the replies ask, waits for a server that is away, and ends when its workspace is gone (404,
 * 410) or another one is in charge (409). None takes anything over from the shell but `KEEPWELL_TOKEN`.
 */
export const snippetsFor = (beating: Beating): Snippets => ({
  curl: curlSnippet(beating),
  node: nodeSnippet(beating),
  python: pythonSnippet(beating),
});

const quoteForShell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** What JSON writes of a text, both JavaScript and Python read as the same text. */
const quote = (text: string): string => JSON.stringify(text);

/** The token goes to curl by its standard input: a command line can be read by everybody on the box. */
const curlSnippet = ({ url, workspaceId, token }: Beating): string => {
  const given =
    token === null ? `"\${KEEPWELL_TOKEN:?is to hold the token of this workspace}"` : quoteForShell(token);
  return `KEEPWELL_URL=${quoteForShell(url)}
KEEPWELL_WORKSPACE_ID=${quoteForShell(workspaceId)}
KEEPWELL_TOKEN=${given}
while true; do
  reply=$(printf 'header = "authorization: Bearer %s"\\n' "$KEEPWELL_TOKEN" |
    curl -sS -m 5 -K - -w ' %{http_code}' -H 'content-type: application/json' \\
      -d "{\\"workspace_id\\":\\"$KEEPWELL_WORKSPACE_ID\\",\\"error_rate\\":0}" "$KEEPWELL_URL/registry/heartbeat")
  wait=5
  case "$reply" in
    *' 200') wait=$(printf %s "$reply" | sed -n 's/.*"interval_seconds":\\([0-9.]*\\).*/\\1/p') ;;
    *' 404' | *' 409' | *' 410') echo "Keepwell wants no more of this agent: $reply"; break ;;
    *) echo "The beat was not taken: $reply" ;;
  esac
  sleep "$wait"
done
`;
};

/** In one expression, so that it can be pasted into the prompt of `node` too. */
const nodeSnippet = ({ url, workspaceId, token }: Beating): string => `(async () => {
  const url = ${quote(url)};
  const workspaceId = ${quote(workspaceId)};
  ${token === null ? 'const { env: { KEEPWELL_TOKEN: token } } = process;' : `const token = ${quote(token)};`}
  while (true) {
    let wait = 5;
    try {
      const reply = await fetch(url + '/registry/heartbeat', {
        method: 'POST',
        headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' },
        body: JSON.stringify({ workspace_id: workspaceId, error_rate: 0, uptime_seconds: process.uptime() }),
        signal: AbortSignal.timeout(5000),
      });
      const answer = await reply.json();
      if (reply.ok) wait = answer.interval_seconds;
      else console.log('The beat was not taken:', reply.status, answer.error);
      if ([404, 409, 410].includes(reply.status)) return;
    } catch (error) {
      console.log('Keepwell cannot be reached:', error.message);
    }
    await new Promise((resolve) => setTimeout(resolve, wait * 1000));
  }
})();
`;

/** Without an empty line inside of a block, at which the prompt of `python3` would take it for finished. */
const pythonSnippet = ({ url, workspaceId, token }: Beating): string => `import json, os, time, urllib.request
url = ${quote(url)}
workspace_id = ${quote(workspaceId)}
token = ${token === null ? 'os.environ["KEEPWELL_TOKEN"]' : quote(token)}
headers = {"authorization": "Bearer " + token, "content-type": "application/json"}
started = time.time()
while True:
    beat = {"workspace_id": workspace_id, "error_rate": 0, "uptime_seconds": time.time() - started}
    request = urllib.request.Request(url + "/registry/heartbeat", json.dumps(beat).encode(), headers)
    wait = 5
    try:
        with urllib.request.urlopen(request, timeout=5) as reply:
            wait = json.load(reply)["interval_seconds"]
    except OSError as error:
        print("The beat was not taken:", error, flush=True)
        if getattr(error, "code", 0) in (404, 409, 410):
            break
    except ValueError as error:
        print("That is no answer of Keepwell:", error, flush=True)
    time.sleep(wait)

`;
