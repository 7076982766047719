type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Leaves out what was not said. */
export const withoutUndefined = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
