const SHA = /^[0-9a-f]{40}$/i;

/** Whether a reference is a full commit SHA, which stands for itself. */
export const isFullSha = (ref: string): boolean => SHA.test(ref);

/**
 * Whether git would accept a text as the name of a branch or tag, and no program could take it for an option.
 *
 * The rules are those of `git check-ref-format`, without its exceptions.
 */
export const isSafeRef = (ref: string): boolean =>
  ref.length <= 250 &&
  /^[^\s\p{C}~^:?*[\\]+$/u.test(ref) &&
  !ref.includes('..') &&
  !ref.includes('@{') &&
  ref !== '@' &&
  !ref.endsWith('.') &&
  ref.split('/').every((part) => part !== '' && !/^[.-]|\.lock$/.test(part));
