import { join } from 'node:path';
import type { PluginDeclaration, RuntimeName, WorkspaceSpec } from '../../../machines/workspace/spec.ts';
import { KeepwellError } from '../../errors.ts';
import { type IdleAfter, readIdleAfter } from '../../idle-after.ts';
import { faultsOfSchedule, type Schedule } from '../../schedule.ts';
import type { YamlPlace } from '../../yaml-place.ts';
import { DRIVERS, type PartReaders } from './template.ts';
import { isMapping, type TemplateText } from './template-text.ts';

const WORD = /^[a-z][a-z-]{0,31}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Readers for the fields of a template. Each gives undefined for what is not there or not right, and complains of
 * the latter; so a file's problems are all found at once.
 *
 * @param home The template's folder: a part of `command` that begins with `./` names a file in it.
 */
export const createFieldReaders = (text: TemplateText, home: string, readers: PartReaders) => {
  const { fields, complain } = text;

  const read = <T>(field: string, what: string, accepts: (value: unknown) => value is T): T | undefined => {
    const value = fields[field];
    if (value === undefined || accepts(value)) return value;
    complain([field], `\`${field}\` is not ${what}`);
    return undefined;
  };
  const list = (place: YamlPlace, value: unknown): unknown[] | undefined => {
    if (value === undefined) return undefined;
    if (Array.isArray(value)) return value;
    complain(place, `\`${place.join('.')}\` is not a list`);
    return undefined;
  };
  /** Items that are right, and a complaint for each that is not. */
  const items = <T>(place: YamlPlace, value: unknown, readItem: (item: unknown) => T): T[] | undefined =>
    list(place, value)?.flatMap((item, index) => {
      try {
        return [readItem(item)];
      } catch (error) {
        if (!(error instanceof KeepwellError || error instanceof Wrong)) throw error;
        complain([...place, index], `\`${place.join('.')}\` item ${index + 1}: ${error.message}`);
        return [];
      }
    });

  return {
    text: (field: string) => read(field, 'a text', isText),
    /** An unquoted 1.0 is a number to YAML and a version to its author. */
    version: () => read('version', 'a text', isTextOrNumber)?.toString(),
    tier: () => read('tier', '1, 2 or 3', isTier),
    runtime: () => read('runtime', DRIVERS.map((name) => `\`${name}\``).join(' or '), isDriver),
    flag: (field: string) => read(field, 'true or false', isFlag),
    command: () =>
      items(['command'], fields.command, (part) => {
        if (!isText(part)) throw new Wrong('it is not a text');
        return part.startsWith('./') ? join(home, part) : part;
      }),
    env: (): Record<string, string> | undefined => {
      const given = read('env', 'a list of `NAME: value` lines', isMapping);
      if (given === undefined) return undefined;
      for (const [name, value] of Object.entries(given)) {
        const wrong = !VARIABLE.test(name) ? 'is not a name for a variable' : wrongValue(value);
        if (wrong !== null) complain(['env', name], `\`env.${name}\` ${wrong}`);
      }
      return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
    },
    plugins: (): PluginDeclaration[] | undefined => {
      const seen = new Set<string>();
      return items(['plugins'], fields.plugins, (item) => {
        const declaration = readers.parseDeclaration(item);
        if (seen.has(declaration.name)) throw new Wrong(`it declares \`${declaration.name}\` a second time`);
        seen.add(declaration.name);
        return declaration;
      });
    },
    /** Names alone, or with what they are for. */
    requiredEnv: (place: YamlPlace, value: unknown) =>
      items(place, value, (item) => {
        const name = isMapping(item) ? item.name : item;
        if (isText(name) && VARIABLE.test(name)) return name;
        throw new Wrong('it is not the name of a variable, nor `{name, description}`');
      }),
    /** Null would allow everything, and is most likely a list somebody forgot to write: it is a mistake here. */
    allowPlugins: () =>
      items(['allow_plugins'], fields.allow_plugins, (pattern) => {
        if (isText(pattern) && pattern.trim() === pattern && pattern !== '') return pattern;
        throw new Wrong('it is not a pattern such as `github://acme/*`');
      }),
    misbehaves: () =>
      items(['misbehaves'], fields.misbehaves, (word) => {
        if (isText(word) && WORD.test(word)) return word;
        throw new Wrong('it is not a word such as `ignore-sigterm`');
      }),
    idleAfter: (): IdleAfter | undefined => {
      const given = read('idle_after', 'a text', isText);
      const after = given === undefined ? undefined : readIdleAfter(given);
      if (after === null)
        complain(['idle_after'], '`idle_after` is neither a length of at least 1m nor `agent`');
      return after ?? undefined;
    },
    schedule: (): Schedule | undefined => {
      const given = read('schedule', 'a list of `pause`, `resume` and `timezone`', isMapping);
      if (given === undefined) return undefined;
      const schedule = { timezone: 'UTC', ...given };
      if (!isSchedule(schedule)) {
        complain(
          ['schedule'],
          '`schedule` takes a text each for `pause`, `resume` and `timezone`, and no more',
        );
        return undefined;
      }
      const faults = faultsOfSchedule(schedule);
      for (const { field, message } of faults)
        complain(['schedule', field], `\`schedule.${field}\` ${message}`);
      return faults.length > 0 ? undefined : schedule;
    },
    policy: (): WorkspaceSpec['policy'] | undefined => {
      const given = read('policy', 'a list of `key: value` lines', isMapping);
      if (given === undefined) return undefined;
      try {
        return readers.readPolicy(given);
      } catch (error) {
        if (!(error instanceof KeepwellError)) throw error;
        for (const { path, message } of issuesOf(error)) complain(path.split('.'), `\`${path}\` ${message}`);
        return undefined;
      }
    },
  };
};

export type FieldReaders = ReturnType<typeof createFieldReaders>;

class Wrong extends Error {}

const isText = (value: unknown): value is string => typeof value === 'string' && !value.includes('\0');
const isTextOrNumber = (value: unknown): value is string | number =>
  isText(value) || typeof value === 'number';
const isTier = (value: unknown): value is number => value === 1 || value === 2 || value === 3;
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isSchedule = (value: Record<string, unknown>): value is Schedule =>
  Object.keys(value).toSorted().join() === 'pause,resume,timezone' && Object.values(value).every(isText);
const isDriver = (value: unknown): value is RuntimeName => DRIVERS.some((driver) => driver === value);

const wrongValue = (value: unknown): string | null => {
  if (value === null) return 'has no value; write "" for an empty one';
  if (typeof value === 'string') return value.includes('\0') ? 'holds a NUL' : null;
  return typeof value === 'object' ? 'is not a single value' : null;
};

const issuesOf = ({ details, message }: KeepwellError): { path: string; message: string }[] =>
  Array.isArray(details) && details.length > 0 ? details : [{ path: 'policy', message }];
