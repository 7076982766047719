import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Settings } from 'typebox/system';
import { closest } from '../closest.ts';
import { type Issue, invalid } from './issues.ts';

/** How many problems of one request are reported at most. */
const REPORTED = 32;
Settings.Set({ maxErrors: 2 * REPORTED });

/** Checks a value against a schema; the answer lists all that is wrong, and is null when nothing is. */
export const createValidator = (schema: TSchema, prefix = '') => {
  const validator = Compile(schema);
  return (value: unknown): Issue[] | null => {
    if (validator.Check(value)) return null;
    return describe(schema, validator.Errors(value), prefix).slice(0, REPORTED);
  };
};

/** Fastify's door: text from the URL is converted to what its schema wants, a body is taken as it is. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  const prefix = httpPart === 'body' ? '' : `${httpPart === 'querystring' ? 'query' : httpPart}.`;
  return (given: unknown) => {
    const value = httpPart === 'body' ? given : convert(validator, given as Texts);
    if (validator.Check(value)) return { value };
    return { error: invalid(describe(schema, validator.Errors(value), prefix).slice(0, REPORTED)) };
  };
};

type Texts = Record<string, unknown>;

/** Text of a URL as what it is meant to be. The library also takes `true` for 1 and 0.5 for 0: such text stays. */
const convert = (validator: { Convert(value: unknown): unknown }, given: Texts): unknown => {
  const converted = validator.Convert({ ...given }) as Texts;
  for (const [key, text] of Object.entries(given)) {
    const isOther = text === '' || Number(text) !== converted[key];
    if (typeof converted[key] === 'number' && isOther) converted[key] = text;
  }
  return converted;
};

type SchemaError = ReturnType<ReturnType<typeof Compile>['Errors']>[number];

const describe = (schema: TSchema, errors: SchemaError[], prefix: string): Issue[] =>
  errors.flatMap((error) => {
    const base =
      prefix + error.instancePath.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
    const at = (key: string) => (base === '' || base.endsWith('.') ? base + key : `${base}.${key}`);
    if (error.keyword === 'required') {
      return error.params.requiredProperties.map((key) => ({ path: at(key), message: 'is required' }));
    }
    if (error.keyword === 'additionalProperties') {
      const known = knownKeys(schema, error.schemaPath);
      return error.params.additionalProperties.map((key) => ({
        path: at(key),
        message: unknownKey(key, known),
      }));
    }
    // Said once more, and better, by `additionalProperties`.
    if (error.keyword === 'boolean') return [];
    return [{ path: base.replace(/\.$/, ''), message: messageOf(error) }];
  });

const messageOf = (error: SchemaError): string => {
  if (error.keyword === 'enum') return `must be one of ${error.params.allowedValues.join(', ')}`;
  if (error.keyword === 'pattern') return `must match ${String(error.params.pattern)}`;
  return error.message;
};

/** Says that a key is unknown, and which one may have been meant. */
export const unknownKey = (key: string, known: readonly string[]): string => {
  const meant = closest(key.slice(0, 64), known);
  return meant === null ? 'is not known here' : `is not known here; did you mean \`${meant}\`?`;
};

/** The properties of the part of a schema that a pointer such as `#/properties/policy` names. */
const knownKeys = (schema: TSchema, pointer: string): string[] => {
  let part: unknown = schema;
  for (const step of pointer.split('/').slice(1)) {
    part = typeof part === 'object' && part !== null ? (part as Record<string, unknown>)[step] : undefined;
  }
  const properties = (part as { properties?: Record<string, unknown> } | undefined)?.properties;
  return Object.keys(properties ?? {});
};
