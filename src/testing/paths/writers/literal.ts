const WIDTH = 108;

/** A value as TypeScript that makes it again: on one line where it fits, else broken and indented. */
export const literal = (value: unknown, indent = ''): string => {
  const flat = write(value, null);
  return indent.length + flat.length <= WIDTH ? flat : write(value, indent);
};

const write = (value: unknown, indent: string | null): string => {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return number(value);
  if (typeof value === 'boolean' || value === null) return String(value);
  // What is no data cannot be written.
  return typeof value === 'object' ? object(value, indent) : 'undefined';
};

const number = (value: number): string => {
  if (Object.is(value, -0)) return '-0';
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? 'Number.POSITIVE_INFINITY' : 'Number.NEGATIVE_INFINITY';
};

const object = (value: object, indent: string | null): string => {
  if (value instanceof Error) return `new Error(${quoted(value.message)})`;
  if (value instanceof Date) return `new Date(${quoted(value.toISOString())})`;
  if (value instanceof Set) return `new Set(${part([...value], indent)})`;
  if (value instanceof Map) return `new Map(${part([...value], indent)})`;
  if (Array.isArray(value)) {
    return block(
      '[',
      value.map((each) => part(each, deeper(indent))),
      ']',
      indent,
    );
  }
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined && typeof field !== 'function')
    .map(([name, field]) => `${key(name)}: ${part(field, deeper(indent))}`);
  return block('{', fields, '}', indent);
};

const deeper = (indent: string | null): string | null => (indent === null ? null : `${indent}  `);

const part = (value: unknown, indent: string | null): string =>
  indent === null ? write(value, null) : literal(value, indent);

const block = (open: string, parts: string[], close: string, indent: string | null): string => {
  if (parts.length === 0) return `${open}${close}`;
  if (indent === null) return open === '{' ? `{ ${parts.join(', ')} }` : `[${parts.join(', ')}]`;
  return `${open}\n${parts.map((each) => `${indent}  ${each},\n`).join('')}${indent}${close}`;
};

/** A computed key for the name that would set a prototype. */
export const key = (name: string): string =>
  name === '__proto__' ? "['__proto__']" : /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);

/** Single quotes, unless that costs a backslash more. */
export const quoted = (text: string): string => {
  const json = JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  if (text.includes("'")) return json;
  return `'${json.slice(1, -1).replaceAll('\\"', '"')}'`;
};
