import { request } from '../session/request.ts';
import type { MachineChart } from '../wire.ts';

const charts = new Map<string, Promise<MachineChart>>();

/** The chart of a machine, laid out by the server; asked for once. @throws {RequestError} */
export const loadChart = (machine: string): Promise<MachineChart> => {
  const known = charts.get(machine);
  if (known !== undefined) return known;
  const asked = request<MachineChart>(`/machines/${encodeURIComponent(machine)}/chart`);
  charts.set(machine, asked);
  asked.catch(() => charts.delete(machine));
  return asked;
};
