type Audit = {
  metadata?: { vulnerabilities?: Record<string, number> };
  vulnerabilities?: Record<string, { severity: string }>;
};

/** Reads what `npm audit --json` printed. Only what is high or critical is bad; no answer is none. */
export const tellAdvisories = (printed: string): { text: string; isBad: boolean } => {
  const { metadata, vulnerabilities = {} } = parse(printed);
  if (metadata?.vulnerabilities === undefined) {
    return { text: 'The registry says nothing of advisories here; nothing was checked.', isBad: false };
  }
  const named = Object.entries(vulnerabilities).map(([name, { severity }]) => `${name}: ${severity}`);
  const isBad = named.some((each) => /: (high|critical)$/.test(each));
  return { text: named.length === 0 ? 'No advisories are known.' : named.join('\n'), isBad };
};

const parse = (printed: string): Audit => {
  try {
    return JSON.parse(printed) as Audit;
  } catch {
    return {};
  }
};
