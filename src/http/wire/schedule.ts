import { faultsOfSchedule, type Schedule } from '../../schedule.ts';
import type { Issues } from '../issues.ts';
import type { TemplateDefaults } from '../options.ts';
import type { SpecBody } from '../schemas/spec.ts';

/** What the body says, then what the template says; null takes the template's away. */
export const parseSchedule = (
  { schedule: given }: Pick<SpecBody, 'schedule'>,
  template: Pick<TemplateDefaults, 'schedule'>,
  issues: Issues,
): Schedule | null => {
  if (given === undefined) return template.schedule ?? null;
  if (given === null) return null;
  const schedule = { timezone: 'UTC', ...given };
  for (const { field, message } of faultsOfSchedule(schedule)) {
    issues.add(`schedule.${field}`, message, 'SCHEDULE_INVALID');
  }
  return schedule;
};
