/** The last part of a state's path; what is above it shows in the chart. */
export const leafName = (state: string): string => state.slice(state.lastIndexOf('.') + 1);

/** `online.converged` of `wanted.online.converged`: the leaf and what it is in. */
export const shortState = (state: string): string => state.split('.').slice(-2).join('.');
