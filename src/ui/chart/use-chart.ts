import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { tellProblem } from '../parts/toasts.tsx';
import type { MachineChart } from '../wire.ts';
import { loadChart } from './load-chart.ts';

/** The chart of a machine; null until it is there. */
export const useChart = (machine: string | null): MachineChart | null => {
  const chart = useSignal<MachineChart | null>(null);
  useEffect(() => {
    if (machine === null) return;
    const load = async (): Promise<void> => {
      chart.value = await loadChart(machine);
    };
    load().catch(tellProblem);
  }, [machine]);
  return chart.value;
};
