export const agentCases: never[] = [];
