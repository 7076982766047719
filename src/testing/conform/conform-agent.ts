export const conformAgent = (..._a: unknown[]) => Promise.resolve([]);
