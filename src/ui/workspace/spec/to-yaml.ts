/** Writes plain JSON data as YAML for people to read. Keys keep their order; empty lists and objects stay on one line. */
export const toYaml = (value: unknown, indent = ''): string => {
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return value
      .map((item) => {
        const text = toYaml(item, `${indent}  `);
        return isNested(item) ? `${indent}- ${text.trimStart()}` : `${indent}- ${text}`;
      })
      .join('\n');
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    if (entries.length === 0) return '{}';
    return entries
      .map(([key, item]) => {
        const text = toYaml(item, `${indent}  `);
        return isNested(item) ? `${indent}${scalar(key)}:\n${text}` : `${indent}${scalar(key)}: ${text}`;
      })
      .join('\n');
  }
  return typeof value === 'string' ? scalar(value) : String(value);
};

const isNested = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0;

/** Whatever could be taken for something else is quoted. */
const scalar = (text: string): string =>
  /^[A-Za-z_/][\w ./@+-]*$/.test(text) &&
  !/\s$/.test(text) &&
  !/^(?:true|false|null|yes|no|on|off|~)$/i.test(text)
    ? text
    : JSON.stringify(text);
