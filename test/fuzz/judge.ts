import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { FuzzRequest } from './requests.ts';

export type FuzzAnswer = { status: number; type: string; text: string };

type Check = (value: unknown) => string | null;
const checks = new WeakMap<object, Check>();

/** What is wrong with an answer, by what the document promises; null when nothing is. */
export const judge = (
  { operation, method }: FuzzRequest,
  { status, type, text }: FuzzAnswer,
): string | null => {
  if (status >= 500) return `status ${status}`;
  if (status >= 400) {
    const problem = method === 'HEAD' ? null : wrongProblem(type, text);
    if (problem !== null) return problem;
  }
  // Another method is another operation, or none.
  if (method !== operation.method) return null;
  const documented = operation.responses[status];
  if (documented === undefined) return `status ${status} is not in the document`;
  if (documented.content === undefined || method === 'HEAD') return null;
  const media = Object.entries(documented.content).find(
    ([known]) => known === '*/*' || type.startsWith(known),
  );
  if (media === undefined) return `content type ${type} is not in the document for ${status}`;
  return type.includes('json') ? checkOf(media[1].schema)(JSON.parse(text)) : null;
};

const wrongProblem = (type: string, text: string): string | null => {
  if (!type.startsWith('application/problem+json')) return `a refusal as ${type}`;
  const { code, hint, error } = JSON.parse(text) as Record<string, unknown>;
  const isWhole = [code, hint, error].every((word) => typeof word === 'string' && word !== '');
  return isWhole ? null : `a refusal without code, hint or sentence: ${text}`;
};

const checkOf = (schema: TSchema): Check => {
  const known = checks.get(schema);
  if (known !== undefined) return known;
  const validator = Compile(schema);
  const check: Check = (value) => {
    if (validator.Check(value)) return null;
    const [first] = validator.Errors(value);
    return `the body is not as documented: ${first?.instancePath} ${first?.message}`;
  };
  checks.set(schema, check);
  return check;
};
