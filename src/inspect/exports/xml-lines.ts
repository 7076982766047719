import { escapeXml } from './xml.ts';

/** Lines of XML, indented. */
export type Lines = string[];

/** An element; attributes that are undefined are left out. */
export const element = (
  name: string,
  attributes: Record<string, string | undefined>,
  inner: Lines = [],
): Lines => {
  const told = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escapeXml(value as string)}"`)
    .join('');
  if (inner.length === 0) return [`<${name}${told}/>`];
  return [`<${name}${told}>`, ...inner.map((line) => `  ${line}`), `</${name}>`];
};
