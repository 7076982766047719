/** The variable that every process of an instance inherits. */
export const MARK_VARIABLE = 'KEEPWELL_INSTANCE';

export type InstanceMark = { workspaceId: string; incarnation: number };

/** Writes and reads the marks of one installation; another installation's marks mean nothing to it. */
export const createMarks = (installationId: string) => {
  if (!/^[^/\0]+$/.test(installationId))
    throw new TypeError('An installation id has no slash and is not empty.');

  const write = ({ workspaceId, incarnation }: InstanceMark): string =>
    `${installationId}/${workspaceId}/${incarnation}`;

  const read = (mark: string | null): InstanceMark | null => {
    const [installation, workspaceId, incarnation, ...rest] = mark?.split('/') ?? [];
    if (installation !== installationId || rest.length > 0) return null;
    // Anybody can put anything into an environment, and a workspace id becomes part of a path.
    if (!/^[a-z0-9][a-z0-9._-]*$/i.test(workspaceId ?? '') || !/^\d{1,15}$/.test(incarnation ?? ''))
      return null;
    return { workspaceId: workspaceId as string, incarnation: Number(incarnation) };
  };

  return { write, read };
};

export type Marks = ReturnType<typeof createMarks>;
