/** What goes over the wire, as the server's own schemas have it. Moments are ISO 8601 in UTC; absent is null. */
import type { Static } from 'typebox';
import type { BeatAnswer as BeatAnswerSchema } from '../http/schemas/beat.ts';
import type { InstallReportAnswer as InstallReportAnswerSchema } from '../http/schemas/install-report.ts';
import type { JournalPage as JournalPageSchema } from '../http/schemas/journal.ts';
import type {
  DeclareBody as DeclareBodySchema,
  DeclaredWire,
  PluginPlanWire,
  PluginsWire,
} from '../http/schemas/plugins.ts';
import type { WhyWire } from '../http/schemas/why.ts';
import type {
  Connection as ConnectionSchema,
  WorkspaceCreated as WorkspaceCreatedSchema,
  WorkspacePage as WorkspacePageSchema,
} from '../http/schemas/workspace.ts';

export type { Applied, ApplyBody, PlanWire as Plan } from '../http/schemas/apply.ts';
export type { AuditPage, AuditRow } from '../http/schemas/audit.ts';
export type { BacktestWire as Backtest } from '../http/schemas/backtest.ts';
export type { BeatBody as Beat } from '../http/schemas/beat.ts';
export type { HealthWire as Health } from '../http/schemas/health.ts';
export type { InstallReportBody as InstallReport } from '../http/schemas/install-report.ts';
export type { MachineChartWire as MachineChart } from '../http/schemas/machine-chart.ts';
export type { MachinesWire as Machines } from '../http/schemas/machine-list.ts';
export type { MomentWire as Moment } from '../http/schemas/moment.ts';
export type { NotifyWire as Notifications } from '../http/schemas/notify.ts';
export type {
  AddPluginBody as PluginToAdd,
  GenerationsWire as PluginGenerations,
  OutdatedList as OutdatedPlugins,
  PluginLock,
  RegistryWire as PluginRegistry,
  SourcesWire as PluginSources,
  UpdatesBegun,
} from '../http/schemas/plugin-sets.ts';
export type {
  BeatResults,
  RegisterBody as Registration,
  Registered,
  UpdateCardBody as CardUpdate,
} from '../http/schemas/registry.ts';
export type { SecretsWire as Secrets } from '../http/schemas/secrets.ts';
export type { DocumentBody as WorkspaceDocument, SpecBody as WorkspaceSpec } from '../http/schemas/spec.ts';
export type { SupervisorWire as SupervisorView } from '../http/schemas/supervisor.ts';
export type { TemplatesWire as Templates, TemplateWire as Template } from '../http/schemas/templates.ts';
export type {
  Rotated,
  SessionWire as Session,
  TokenBody,
  TokenCreated,
  TokensWire as Tokens,
} from '../http/schemas/tokens.ts';
export type { WorkspaceDetail, WorkspaceSummary } from '../http/schemas/workspace.ts';

export type BeatAnswer = Static<typeof BeatAnswerSchema>;
export type Connection = Static<typeof ConnectionSchema>;
export type DeclaredPlugins = Static<typeof DeclaredWire>;
export type PluginDeclarations = Static<typeof DeclareBodySchema>;
export type InstallReportAnswer = Static<typeof InstallReportAnswerSchema>;
export type JournalPage = Static<typeof JournalPageSchema>;
export type JournalRow = JournalPage['items'][number];
export type PluginPlan = Static<typeof PluginPlanWire>;
export type WorkspacePlugins = Static<typeof PluginsWire>;
export type Why = Static<typeof WhyWire>;
export type WorkspaceCreated = Static<typeof WorkspaceCreatedSchema>;
export type WorkspacePage = Static<typeof WorkspacePageSchema>;
export type WorkspaceStatus = WorkspacePage['items'][number]['status'];
