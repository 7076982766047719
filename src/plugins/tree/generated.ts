/**
 * Whether a path within a plugin is made by tools when the plugin is used, and so is no part of it.
 *
 * `__pycache__`, `*.pyc`, `*.egg-info` and `.git` anywhere, `build` at the top, `.cache` in any `node_modules`.
 * Such files are neither hashed nor delivered: whatever is delivered is covered by the hash.
 */
export const isGenerated = (path: string): boolean => {
  // On some disks `.Git` is `.git`.
  const parts = path.toLowerCase().split('/');
  return parts.some(
    (part, depth) =>
      part === '__pycache__' ||
      part === '.git' ||
      part.endsWith('.pyc') ||
      part.endsWith('.egg-info') ||
      (part === 'build' && depth === 0) ||
      (part === '.cache' && parts[depth - 1] === 'node_modules'),
  );
};
