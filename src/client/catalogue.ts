import { type CallOptions, pathOf, type Transport } from './transport.ts';
import type {
  MachineChart,
  Machines,
  OutdatedPlugins,
  PluginRegistry,
  PluginSources,
  Template,
  Templates,
  UpdatesBegun,
} from './types.ts';

/** What workspaces can be made of, and the machines that decide about them. */
export const createCatalogue = (transport: Transport) => ({
  templates: {
    list: (call?: CallOptions): Promise<Templates> =>
      transport.json({ method: 'GET', path: '/templates' }, call),
    /** What a new workspace would get; `refresh` follows every reference of its plugins. */
    get: (name: string, { refresh, ...call }: CallOptions & { refresh?: boolean } = {}): Promise<Template> =>
      transport.json({ method: 'GET', path: pathOf('templates', name), query: { refresh } }, call),
  },
  plugins: {
    /** Those that can be declared as `local://name`. */
    registry: (call?: CallOptions): Promise<PluginRegistry> =>
      transport.json({ method: 'GET', path: '/plugins' }, call),
    sources: (call?: CallOptions): Promise<PluginSources> =>
      transport.json({ method: 'GET', path: '/plugins/sources' }, call),
    /** Of all workspaces: those whose references stand for something newer. */
    outdated: (call?: CallOptions): Promise<OutdatedPlugins> =>
      transport.json({ method: 'GET', path: '/plugins/outdated' }, call),
    updateAll: (call?: CallOptions): Promise<UpdatesBegun> =>
      transport.json({ method: 'POST', path: '/plugins/update', body: { all: true } }, call),
  },
  machines: {
    list: (call?: CallOptions): Promise<Machines> =>
      transport.json({ method: 'GET', path: '/machines' }, call),
    /** As text in a format of other tools; `json` by default. */
    write: (
      name: string,
      { format, ...call }: CallOptions & { format?: 'json' | 'mermaid' | 'scxml' | 'svg' | 'dot' } = {},
    ): Promise<string> =>
      transport.text(
        { method: 'GET', path: pathOf('machines', name), query: { format }, headers: { accept: '*/*' } },
        call,
      ),
    /** Where each state and each transition is drawn. */
    chart: (name: string, call?: CallOptions): Promise<MachineChart> =>
      transport.json({ method: 'GET', path: pathOf('machines', name, 'chart') }, call),
  },
});
