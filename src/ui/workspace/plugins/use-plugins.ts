import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { tellProblem } from '../../parts/toasts.tsx';
import { RequestError, request, workspacePath } from '../../session/request.ts';
import type { PluginGeneration, PluginPlan, PluginsWire } from '../../wire.ts';
import { useWorkspace } from '../store-context.ts';

export type Equipment = {
  plugins: PluginsWire | null;
  plan: PluginPlan | null;
  history: PluginGeneration[];
};

/** What a workspace is equipped with, read anew whenever something happened to it. */
export const usePlugins = (): Equipment => {
  const { name, news, absence } = useWorkspace();
  const found = useSignal<Equipment>({ plugins: null, plan: null, history: [] });
  useEffect(() => {
    if (absence.value !== null) return undefined;
    const asked = new AbortController();
    const { signal } = asked;
    const read = async (): Promise<void> => {
      const [plugins, plan, history] = await Promise.all([
        request<PluginsWire>(workspacePath(name, '/plugins'), { signal }),
        request<PluginPlan>(workspacePath(name, '/plugins/plan'), { signal }),
        request<{ items: PluginGeneration[] }>(workspacePath(name, '/plugins/history'), { signal }),
      ]);
      found.value = { plugins, plan, history: history.items };
    };
    read().catch((error: unknown) => {
      if (!signal.aborted && !(error instanceof RequestError && error.status === 0)) tellProblem(error);
    });
    return () => asked.abort();
  }, [name, news.value, absence.value]);
  return found.value;
};
