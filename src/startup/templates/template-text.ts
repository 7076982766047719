import { LineCounter, parseDocument } from 'yaml';
import { offsetOf, type YamlPlace } from '../../yaml-place.ts';

/** One thing that is wrong with a template, and in which line of its file. */
export type TemplateProblem = { line: number; message: string };

/**
 * The text of a template as data, and what is wrong with it so far.
 *
 * `fields` is empty for a file that is no mapping; then a problem says so.
 */
export const readTemplateText = (text: string) => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const problems: TemplateProblem[] = [];

  const complain = (place: YamlPlace, message: string): void => {
    problems.push({ line: lines.linePos(offsetOf(document.contents, place)).line || 1, message });
  };

  const read = (): Record<string, unknown> => {
    for (const { pos, message } of document.errors) {
      problems.push({
        line: lines.linePos(pos[0]).line,
        message: `it is not YAML: ${message.split('\n')[0]}`,
      });
    }
    if (problems.length > 0) return {};
    try {
      const data: unknown = document.toJS();
      if (isMapping(data)) return data;
      complain([], 'it is not a list of `key: value` lines');
    } catch (error) {
      // An alias that leads nowhere, or to ever more of itself.
      complain([], `it is not YAML: ${(error as Error).message}`);
    }
    return {};
  };
  return { fields: read(), problems, complain };
};

export type TemplateText = ReturnType<typeof readTemplateText>;

export const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
