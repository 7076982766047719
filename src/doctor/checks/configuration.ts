import type { ConfigProblem } from '../../config-sources.ts';
import { parseAllowPattern } from '../../plugins/allow-list.ts';
import { type Check, type Finding, fine, problem } from '../check.ts';

export const configuration: Check = {
  id: 'config',
  async look({ config, configError }) {
    if (configError !== null) {
      const details = configError.details as ConfigProblem[];
      return details.map(({ key, origin, message }) =>
        problem(
          `${key}${origin === key ? '' : ` (${origin})`}: ${message}.`,
          'Keepwell does not start like this. `keepwell up --help` lists every setting.',
        ),
      );
    }
    const patterns = (config.pluginAllow ?? []).flatMap(wrongPattern);
    if (patterns.length > 0) return patterns;
    return [fine('The configuration makes sense.')];
  },
};

const wrongPattern = (pattern: string): Finding[] => {
  try {
    parseAllowPattern(pattern);
    return [];
  } catch (error) {
    return [problem(`plugin_allow: ${(error as Error).message}`, 'Keepwell does not start like this.')];
  }
};
