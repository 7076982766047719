import type { Context, Span, SpanOptions, Tracer } from '@opentelemetry/api';

/** The part of `@opentelemetry/api` that is used; the package itself is there only where somebody installed it. */
type Api = Pick<
  typeof import('@opentelemetry/api'),
  'trace' | 'ROOT_CONTEXT' | 'SpanKind' | 'SpanStatusCode'
>;

/** What is no failure, of all that can come of a piece of work. */
const FINE =
  /^(settled|superseded|fetched|aborted|online|degraded|awaiting_agent|again|paused|hiberna\w+|removed)$/;

/**
 * Turns what happens into spans: HTTP requests, reconciles with a child for each plugin, restarts, commits.
 *
 * Beats have none: they would be nearly all of what there is, and each costs more to trace than to answer.
 */
export const createTracing = (api: Api, tracer: Tracer) => {
  /** The reconcile of each workspace that is under way, for its plugins to belong to. */
  const reconciles = new Map<string, Span>();

  const begin = (name: string, options: SpanOptions, parent?: Span): Span => {
    const context: Context =
      parent === undefined ? api.ROOT_CONTEXT : api.trace.setSpan(api.ROOT_CONTEXT, parent);
    return tracer.startSpan(name, options, context);
  };

  const endWith = (span: Span, result: string): void => {
    span.setAttribute('keepwell.result', result);
    if (!FINE.test(result)) span.setStatus({ code: api.SpanStatusCode.ERROR, message: result });
    span.end();
  };

  return {
    noteCommit(elapsedMs: number, changes: number): void {
      const end = Date.now();
      const attributes = { 'db.system.name': 'sqlite', 'keepwell.changes': changes };
      begin('store.commit', { startTime: end - elapsedMs, attributes }).end(end);
    },
    /** A request that is answered; what is returned is told the status of the answer. */
    requestBegan(method: string, route: string): (status: number) => void {
      const attributes = { 'http.request.method': method, 'http.route': route };
      const span = begin(`${method} ${route}`, { kind: api.SpanKind.SERVER, attributes });
      return (status) => {
        span.setAttribute('http.response.status_code', status);
        if (status >= 500) span.setStatus({ code: api.SpanStatusCode.ERROR });
        span.end();
      };
    },
    observer: {
      transitioned: (): void => undefined,
      leaseJudged: (): void => undefined,
      restarted: (): void => undefined,
      reconcileBegan(workspaceId: string): (result: string) => void {
        const span = begin('reconcile', { attributes: { 'keepwell.workspace': workspaceId } });
        reconciles.set(workspaceId, span);
        return (result) => {
          if (reconciles.get(workspaceId) === span) reconciles.delete(workspaceId);
          endWith(span, result);
        };
      },
      pluginBegan(workspaceId: string, plugin: string): (result: string) => void {
        const attributes = { 'keepwell.workspace': workspaceId, 'keepwell.plugin': plugin };
        const span = begin('reconcile.plugin', { attributes }, reconciles.get(workspaceId));
        return (result) => endWith(span, result);
      },
      restartBegan(workspaceId: string, cause: string): (result: string) => void {
        const attributes = { 'keepwell.workspace': workspaceId, 'keepwell.cause': cause };
        const span = begin('restart', { attributes });
        return (result) => endWith(span, result);
      },
    },
  };
};

export type Tracing = ReturnType<typeof createTracing>;
