/** Why something cannot be read, as the system's code; null when it can, or is not there. */
export const unreadable = async (read: () => Promise<unknown>): Promise<string | null> => {
  try {
    await read();
    return null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    return code === 'ENOENT' ? null : code;
  }
};
