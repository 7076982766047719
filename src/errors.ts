/** Every expected error: its code, HTTP status, sentence and what to do next. `errors.md` lists the same. */
const catalogue = {
  BAD_REQUEST: [400, 'The request is not valid.', 'See `details` for the field and what it should be.'],
  BAD_JSON: [400, 'The body is not valid JSON.', 'Send one JSON object with content type application/json.'],
  BAD_DURATION: [400, 'That is not a duration.', 'Write it like 30s, 12m or 1h; at most 24 days.'],
  UNAUTHORIZED: [401, 'No valid token came with the request.', 'Send `Authorization: Bearer <token>`.'],
  TOKEN_EXPIRED: [
    401,
    'This token was replaced by another one, and is not good any more.',
    'Give the agent the new token; `keepwell tokens rotate <workspace>` makes one.',
  ],
  FORBIDDEN: [403, 'This token may not do that.', 'Use the admin token, or the token of this workspace.'],
  CROSS_ORIGIN: [
    403,
    'The request came from another site.',
    'Use the page of this server, or send `Authorization: Bearer <token>`.',
  ],
  TOO_MANY_TRIES: [
    429,
    'Too many wrong tokens came from this address.',
    'Wait as long as `Retry-After` says; who came from there with a good one before is heard all the time.',
  ],
  TOO_MANY_REQUESTS: [
    429,
    'Too many requests came with this token, or from this address.',
    'Wait as long as `Retry-After` says; `rate_limit` is how many are taken a minute.',
  ],
  TOO_MANY_BEATS: [
    429,
    'The agent beats far more often than it was asked to.',
    'Beat every `interval_seconds`, as each reply says.',
  ],
  TOKEN_NOT_FOUND: [
    404,
    'There is no token of a viewer or a relay with that id.',
    '`keepwell tokens ls` lists them.',
  ],
  NOTIFY_TARGET_NOT_FOUND: [
    404,
    'There is no target of that name.',
    '`keepwell notify ls` lists them; they are named under `notify` in keepwell.yaml.',
  ],
  NOTIFY_LETTER_NOT_FOUND: [
    404,
    'No notice with that id was given up.',
    '`keepwell notify ls` lists those that were.',
  ],
  TOKEN_EXISTS: [409, 'A token with that name exists.', 'Choose another name, or revoke that one first.'],
  AUDIT_NOTHING_THERE: [
    404,
    'There is no audit in that data folder yet.',
    'Give --data of the supervisor; the audit begins with its first start by this version.',
  ],
  ROUTE_NOT_FOUND: [404, 'There is no such route.', 'GET /openapi.json lists them all.'],
  METHOD_NOT_ALLOWED: [405, 'The route exists, but not for this method.', 'See the `Allow` header.'],
  WORKSPACE_NOT_FOUND: [404, 'There is no workspace with that id or name.', '`keepwell ls` lists them.'],
  WORKSPACE_REMOVED: [410, 'The workspace was removed.', 'Stop beating, or create a new workspace.'],
  WORKSPACE_EXISTS: [
    409,
    'A workspace with that name exists.',
    'Choose another name, or change the existing one.',
  ],
  TEMPLATE_NOT_FOUND: [404, 'There is no such template.', 'Templates are folders under <data>/templates.'],
  TEMPLATE_INVALID: [422, 'The template cannot be read.', 'Mend its template.yaml; `details` says where.'],
  TEMPLATE_NOT_PLACED: [
    503,
    'The files of the template could not be placed.',
    'See that the disk has room and that `configs` of the workspace is a folder.',
  ],
  CANNOT_MISBEHAVE: [
    409,
    'The agent of this workspace cannot do that on demand.',
    'Use the template seo-agent, or list the word under `misbehaves` in its template.yaml.',
  ],
  RUNTIME_UNAVAILABLE: [400, 'That runtime is not available here.', 'Use `process`, `docker` or `external`.'],
  APPLY_CONFLICT: [409, 'A workspace cannot be changed so.', 'Nothing was changed; see `details`.'],
  STALE_INCARNATION: [
    409,
    'A newer incarnation of this agent is in charge.',
    'Stop: this process was replaced.',
  ],
  SCHEDULE_INVALID: [
    400,
    'The schedule cannot be used.',
    'Write lines of cron like `0 22 * * 1-5`: minute, hour, day, month, weekday; and a time zone like Europe/Berlin.',
  ],
  STATE_CONFLICT: [409, 'The state of the workspace forbids that.', '`keepwell why` says what is possible.'],
  GENERATION_CONFLICT: [
    412,
    'The workspace was changed by somebody else.',
    'Read it again and repeat the change.',
  ],
  IDEMPOTENCY_CONFLICT: [422, 'That Idempotency-Key was used for another request.', 'Use a new key.'],
  BODY_TOO_LARGE: [413, 'The body is too large.', 'Beats may have 16 KiB, other requests 64 KiB.'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'That content type is not understood.', 'Send application/json.'],
  STORE_UNWRITABLE: [
    503,
    'The database cannot be written.',
    'Free disk space; it is tried again every second.',
  ],
  STORE_DAMAGED: [500, 'The database is damaged.', 'Restore a backup, or move the file away to start anew.'],
  STORE_FROM_FUTURE: [
    500,
    'The database was written by a newer Keepwell.',
    'Run that version, or another data folder.',
  ],
  DATA_FOLDER_LOCKED: [
    409,
    'Another supervisor uses this data folder.',
    'Stop it, or choose another with --data.',
  ],
  DATA_FOLDER_UNUSABLE: [500, 'The data folder cannot be used.', 'Check its path, owner and permissions.'],
  BACKUP_NOTHING_THERE: [
    404,
    'There is no database in that data folder.',
    'Name the data folder with --data.',
  ],
  BACKUP_NOT_FOUND: [404, 'There is no such file.', '`keepwell backup ls` lists those of this data folder.'],
  BACKUP_EXISTS: [409, 'There is a file of that name already.', 'Give another name.'],
  BACKUP_DAMAGED: [
    422,
    'The backup is not whole.',
    'Take another one; `keepwell backup verify` looks into each.',
  ],
  BACKUP_FROM_FUTURE: [
    422,
    'The backup was written by a newer Keepwell.',
    'Restore it with that version or a later one; nothing was changed.',
  ],
  BACKUP_FOLDER_NOT_EMPTY: [
    409,
    'A backup is restored into a data folder that is empty, or not there yet.',
    'Name another with --data, or move what is there away.',
  ],
  BACKUP_PASSPHRASE_NEEDED: [
    400,
    'The keys in the backup are under a passphrase.',
    'Give it with --passphrase-file, or restore with --without-keys.',
  ],
  BACKUP_PASSPHRASE_WRONG: [
    422,
    'The passphrase does not open the keys in the backup.',
    'Give the right one.',
  ],
  NOT_READY: [503, 'The supervisor is starting or stopping.', 'Try again in a moment.'],
  UI_NOT_BUILT: [503, 'The page is not built.', '`npm run build:ui` builds it.'],
  CONFIG_INVALID: [
    400,
    'The configuration is not valid.',
    '`keepwell config show --origin` lists every setting.',
  ],
  PLUGIN_SOURCE_INVALID: [
    400,
    'That is not a plugin source.',
    'Write local://name, github://owner/repo#ref, git+https://…#ref or https://….tgz#sha256=….',
  ],
  PLUGIN_NAME_INVALID: [400, 'That is not a plugin name.', 'Use a–z, 0–9, dot, dash and underscore.'],
  PLUGIN_DUPLICATE: [409, 'A plugin with that name is already declared.', 'Remove the other one first.'],
  PLUGIN_NOT_DECLARED: [404, 'No plugin with that name is declared.', '`keepwell plugins ls` lists them.'],
  PLUGIN_UNPINNED: [422, 'The plugin source names no version.', 'Add #<branch, tag or commit>.'],
  PLUGIN_SOURCE_CREDENTIALS: [
    400,
    'The plugin source contains credentials.',
    'Take user name and password out of the address.',
  ],
  PLUGIN_SOURCE_REFUSED: [
    422,
    'Plugins from there are not allowed here.',
    'The operator can allow file sources and private addresses in the configuration.',
  ],
  PLUGIN_NOT_FOUND: [422, 'The plugin is not there.', 'Check the name, the reference and the subpath.'],
  PLUGIN_FETCH_FAILED: [
    502,
    'The plugin could not be fetched.',
    'Check that its source can be reached from here.',
  ],
  PLUGIN_FETCH_TIMEOUT: [504, 'Fetching the plugin took too long.', 'It is tried again by itself.'],
  PLUGIN_HASH_MISMATCH: [
    422,
    'The plugin is not what its sha256 says.',
    'Check the source, then correct the hash.',
  ],
  PLUGIN_MANIFEST_INVALID: [422, 'The plugin.yaml is not valid.', 'See `details`.'],
  PLUGIN_PATH_UNSAFE: [422, 'The plugin contains a path that is not allowed.', 'See `details`.'],
  PLUGIN_LINK_REFUSED: [
    422,
    'The plugin contains a link.',
    'Put the file itself in its place; see `details`.',
  ],
  PLUGIN_FILE_REFUSED: [
    422,
    'The plugin contains something that is not a plain file.',
    'Take it out; see `details`.',
  ],
  PLUGIN_NAME_COLLISION: [
    422,
    'Two paths of the plugin differ only in case or Unicode form.',
    'Rename one of them; see `details`.',
  ],
  PLUGIN_TOO_LARGE: [422, 'The plugin is too large.', 'A plugin may have 100 MiB.'],
  PLUGIN_TOO_MANY_FILES: [422, 'The plugin has too many files.', 'A plugin may have 20,000 files.'],
  PLUGIN_PATH_TOO_LONG: [422, 'A path of the plugin is too long.', 'A path may have 240 bytes.'],
  PLUGIN_BOMB: [
    422,
    'The archive unpacks to far more than it weighs.',
    'At most 100 times its size is accepted.',
  ],
  PLUGIN_ARCHIVE_INVALID: [422, 'The archive cannot be read.', 'Give a tar.gz or zip file that is whole.'],
  PLUGIN_NOT_ALLOWED: [
    422,
    'Plugins from that source are not on the allow-list.',
    'The operator allows sources with `plugin_allow`, a template with `allow_plugins`.',
  ],
  PLUGIN_RUNTIME_MISMATCH: [
    422,
    'The plugin does not suit what the agent is built on.',
    'Its plugin.yaml lists the runtimes that it suits.',
  ],
  PLUGIN_QUARANTINED: [
    422,
    'That content of the plugin is held back here.',
    '`keepwell plugins release` lets it be installed.',
  ],
  PLUGIN_NOT_HELD: [404, 'No plugin with that name is held back.', '`keepwell plugins ls` lists them.'],
  PLUGIN_NOT_OUTDATED: [
    404,
    'No newer version of that plugin is known.',
    '`keepwell plugins outdated` lists what is.',
  ],
  PLUGIN_NOT_INSTALLED: [404, 'No plugin with that name is installed.', '`keepwell plugins ls` lists them.'],
  MACHINE_NOT_FOUND: [404, 'There is no such state machine.', '`keepwell machine` lists them.'],
  MACHINE_STATE_UNKNOWN: [404, 'The machine has no such state.', 'Write its dotted path below the root.'],
  MACHINE_BREAKS: [
    422,
    'The machine itself breaks on the way.',
    'Give the cases, outcomes or input that its guards and actions read.',
  ],
  BACKTEST_TOO_LITTLE: [
    409,
    'Too little was heard in that time to judge anything by.',
    'Beats are counted by the minute, unless `beat_history_cap` is 0: ask again later, or look further back.',
  ],
  MOMENT_NOT_KNOWN: [
    404,
    'What the workspace was like then is not known any more.',
    'Its journal keeps so many rows; `keepwell history` shows those.',
  ],
  PLUGIN_GENERATION_NOT_FOUND: [
    404,
    'There is no such plugin generation any more.',
    '`keepwell plugins history` lists them.',
  ],
  SECRET_NAME_INVALID: [
    400,
    'That is not a name for a secret.',
    'Use A–Z, a–z, 0–9 and underscore, not beginning with a digit.',
  ],
  SECRET_NOT_FOUND: [404, 'There is no such secret.', '`keepwell secrets ls` lists them.'],
  SECRET_KEY_LOST: [
    500,
    'The key that opens the secrets is not there.',
    'Put back <data>/secret-key, or set the secrets anew.',
  ],
  SECRETS_MISSING: [
    422,
    'The agent needs secrets that are not set.',
    '`keepwell secrets set` sets them; the agent is started by itself then.',
  ],
  PLUGIN_CACHE_DAMAGED: [500, 'The cached plugin was damaged and dropped.', 'It is fetched again by itself.'],
  COMMAND_MISSING: [
    422,
    'Nothing says what to run.',
    'Give a `command` in the request, or add one to the template.',
  ],
  IMAGE_MISSING: [422, 'Nothing says what its container is made of.', 'Give an `image`.'],
  IMAGE_NOT_FOUND: [
    422,
    'There is no such image.',
    'Name an image that `docker pull` can get, or build it on the machine of the engine.',
  ],
  NETWORK_NOT_FOUND: [
    422,
    'The engine has no such network.',
    'Make it with `docker network create`, or name another.',
  ],
  PRIVILEGED_NOT_ALLOWED: [
    422,
    'Privileged containers are not allowed here.',
    'Set `docker_allow_privileged`, or take `container.privileged` away.',
  ],
  CONTAINER_CANNOT_REACH: [
    422,
    'No container can reach Keepwell where it listens.',
    'Set `host` to 0.0.0.0 with `allow_remote`, or `docker_url` to where containers reach it, or `docker_network` to host.',
  ],
  COMMAND_NOT_FOUND: [422, 'The command does not exist.', 'Give a full path, or a program on the PATH.'],
  COMMAND_NOT_EXECUTABLE: [
    422,
    'The command is not executable.',
    'Make it executable, or name its interpreter.',
  ],
  COMMAND_TOO_LONG: [
    422,
    'A word or a variable is longer than a process can be given.',
    'Put what is so long into a file of the workspace, and give its path.',
  ],
  INTERNAL: [500, 'Something unexpected went wrong.', 'The log has the details under this request id.'],
} as const satisfies Record<string, readonly [status: number, message: string, hint: string]>;

export type ErrorCode = keyof typeof catalogue;

export const ERROR_CODES = Object.keys(catalogue) as ErrorCode[];

export const describeError = (code: ErrorCode) => {
  const [status, message, hint] = catalogue[code];
  return { code, status, message, hint };
};

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(catalogue, code);

/**
 * An error that was foreseen. What it says may be shown to whoever caused it: never put a secret in it.
 *
 * `message` and `hint` default to the catalogue's; `details` is JSON for programs.
 */
export class KeepwellError extends Error {
  override readonly name = 'KeepwellError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly hint: string;
  readonly details: unknown;

  constructor(
    code: ErrorCode,
    options: { message?: string; hint?: string; details?: unknown; cause?: unknown } = {},
  ) {
    const known = describeError(code);
    super(
      options.message ?? known.message,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.status = known.status;
    this.hint = options.hint ?? known.hint;
    this.details = options.details;
  }
}
