/** What one plugin may weigh, and the repository it comes from. */
export type PluginLimits = {
  /** Of all files together. */
  bytes: number;
  files: number;
  /** Of one path in UTF-8, relative to the plugin. */
  pathBytes: number;
  /** Folders in one another, and the file. */
  pathParts: number;
  /** Of a git repository's objects as they are sent. */
  repositoryBytes: number;
};

const MIB = 1024 * 1024;

export const DEFAULT_LIMITS: PluginLimits = {
  bytes: 100 * MIB,
  files: 20_000,
  pathBytes: 240,
  pathParts: 32,
  repositoryBytes: 1024 * MIB,
};
