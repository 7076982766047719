/** By this we know our own units again. */
export const MARK = '# Written by `keepwell service install`';

export type UnitOptions = {
  /** Program and arguments; the first is an absolute path. */
  command: readonly string[];
  data: string;
  /** Folder of the node that runs Keepwell; agents find it first. */
  nodeFolder: string;
  /** Whom the service runs as; null for a unit of the user who starts it. */
  runAs: string | null;
  /** Folders outside the data folder that agents may write to. */
  writable: readonly string[];
};

/**
 * A systemd unit. A service of the machine sees the system read-only, except for the data folder, `writable` and the
 * folders for temporary files; all of it holds for agents too, who are children of the supervisor.
 *
 * @throws {RangeError} for a path with a control character, which no unit can hold
 */
export const unitOf = ({ command, data, nodeFolder, runAs, writable }: UnitOptions): string => {
  const isSystem = runAs !== null;
  const words = command.map((word, index) => quote(index === 0 ? word : word.replaceAll('$', '$$$$')));
  const path = `${nodeFolder}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  return `${MARK}
[Unit]
Description=Keepwell, which looks after agent workspaces
${isSystem ? 'Wants=network-online.target\nAfter=network-online.target docker.service\n' : ''}
[Service]
Type=exec
ExecStart=${words.join(' ')}
Environment=${quote(`PATH=${path}`, true)}
EnvironmentFile=-${escape(`${data}/keepwell.env`)}
${isSystem ? `User=${runAs}\n` : ''}UMask=0077

# Agents are children that go on while the supervisor is stopped or starts anew.
KillMode=process
TimeoutStopSec=30
# One of them that takes too much memory is no reason to stop the others.
OOMPolicy=continue
TasksMax=infinity
LimitNOFILE=65536

Restart=on-failure
RestartSec=2
# Wrong usage or configuration: it would be wrong again.
RestartPreventExitStatus=2

${(isSystem ? hardening([data, '/tmp', '/var/tmp', ...writable]) : USER_HARDENING).join('\n')}

[Install]
WantedBy=${isSystem ? 'multi-user.target' : 'default.target'}
`;
};

/** What needs neither a namespace nor root. */
const USER_HARDENING = [
  'NoNewPrivileges=yes',
  'LockPersonality=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'SystemCallArchitectures=native',
];

const hardening = (writable: readonly string[]): string[] => [
  '# All of this holds for agents as well. Left out, because it would break them or their coming back to a supervisor',
  '# that starts anew: PrivateTmp, PrivateUsers, PrivatePIDs, MemoryDenyWriteExecute (compilers in engines),',
  '# RestrictNamespaces and a narrower SystemCallFilter (sandboxes of browsers and of agents), ProcSubset.',
  ...USER_HARDENING,
  'ProtectSystem=strict',
  `ReadWritePaths=${writable.map((path) => quote(path)).join(' ')}`,
  'ProtectHome=read-only',
  'PrivateDevices=yes',
  'DevicePolicy=closed',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'ProtectProc=invisible',
  'RemoveIPC=no',
  'CapabilityBoundingSet=',
  'AmbientCapabilities=',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'SystemCallFilter=~@clock @cpu-emulation @module @obsolete @raw-io @reboot @swap',
  'SystemCallErrorNumber=EPERM',
];

/** `%` begins a specifier everywhere. */
const escape = (text: string): string => {
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(text)) throw new RangeError('a path holds a control character');
  return text.replaceAll('%', '%%');
};

const quote = (text: string, always = false): string => {
  const escaped = escape(text).replaceAll('\\', '\\\\').replaceAll('"', String.raw`\"`);
  return always || /[\s"'\\;]/.test(text) || text === '' ? `"${escaped}"` : escaped;
};
