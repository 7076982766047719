import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import files from '@fastify/static';
import swagger from '@fastify/swagger';
import websocket from '@fastify/websocket';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { KeepwellError } from '../errors.ts';
import { createAllowedMethods } from './allowed-methods.ts';
import type { HttpApp } from './app.ts';
import { auditRequests } from './audit-requests.ts';
import { createGuards } from './auth.ts';
import { answerClientError } from './client-error.ts';
import type { HttpContext } from './context.ts';
import { refuseCrossOrigin } from './cross-origin.ts';
import { createErrorHandler } from './error-handler.ts';
import { createIdentify } from './identify.ts';
import { createIdentifyRequest } from './identify-request.ts';
import { parseJsonBody } from './json-body.ts';
import { limitRequests } from './limit-requests.ts';
import { createLockout } from './lockout.ts';
import { createOpenStreams } from './open-streams.ts';
import { openapiOptions } from './openapi.ts';
import type { HttpOptions } from './options.ts';
import { createRequestIds } from './request-id.ts';
import { applyRoute } from './routes/apply.ts';
import { auditRoute } from './routes/audit.ts';
import { backtestRoute } from './routes/backtest.ts';
import { connectionRoute } from './routes/connection.ts';
import { createWorkspaceRoute } from './routes/create-workspace.ts';
import { declaredPluginRoutes } from './routes/declared-plugins.ts';
import { downloadRoute } from './routes/download.ts';
import { eventsRoute } from './routes/events.ts';
import { fleetRoute } from './routes/fleet.ts';
import { healthRoutes } from './routes/health.ts';
import { heartbeatRoute } from './routes/heartbeat.ts';
import { heartbeatsRoute } from './routes/heartbeats.ts';
import { historyRoute } from './routes/history.ts';
import { inspectRoute } from './routes/inspect.ts';
import { installReportRoute } from './routes/install-report.ts';
import { logsRoute } from './routes/logs.ts';
import { machineRoutes } from './routes/machines.ts';
import { metricsRoute } from './routes/metrics.ts';
import { misbehaveRoute } from './routes/misbehave.ts';
import { momentRoutes } from './routes/moments.ts';
import { notifyRoutes } from './routes/notify.ts';
import { openapiRoute } from './routes/openapi.ts';
import { pageRoutes } from './routes/page.ts';
import { patchWorkspaceRoute } from './routes/patch-workspace.ts';
import { planRoute } from './routes/plan.ts';
import { pluginCatalogueRoutes } from './routes/plugin-catalogue.ts';
import { pluginGenerationRoutes } from './routes/plugin-generations.ts';
import { pluginLockRoute } from './routes/plugin-lock.ts';
import { pluginUpdateRoutes } from './routes/plugin-updates.ts';
import { pluginRoutes } from './routes/plugins.ts';
import { registryRoutes } from './routes/registry.ts';
import { rotateTokenRoute } from './routes/rotate-token.ts';
import { secretRoutes } from './routes/secrets.ts';
import { sessionRoutes } from './routes/session.ts';
import { supervisorRoute } from './routes/supervisor.ts';
import { templatesRoute } from './routes/templates.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { verbRoutes } from './routes/verbs.ts';
import { wakeRoute } from './routes/wake.ts';
import { whyRoute } from './routes/why.ts';
import { workspaceRoutes } from './routes/workspaces.ts';
import { API_SECURITY, PAGE_SECURITY } from './security-headers.ts';
import { createSessions } from './sessions.ts';
import { tellLockout } from './tell-lockout.ts';
import { validatorCompiler } from './validate.ts';

const BODY_BYTES = 64 * 1024;
/** How long answers under way have when the server closes. */
const LET_FINISH_MS = 3_000;

/**
 * The HTTP API of a supervisor, not yet listening.
 *
 * Every route says in `config.auth` who may call it; one that does not cannot be registered. `close()` ends event
 * and log streams first, then waits for the answers under way, 3 s at most.
 */
export const createHttpServer = (options: HttpOptions): HttpApp => {
  const onError = createErrorHandler(options.logger);
  const app: HttpApp = Fastify({
    // Fastify's own logging costs a child logger per request, also on the hot route: we log ourselves.
    logger: false,
    bodyLimit: BODY_BYTES,
    requestTimeout: 30_000,
    genReqId: createRequestIds(options.now()),
    exposeHeadRoutes: false,
    // A request that reaches a closing server is answered by the supervisor, in our form.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 500 },
    clientErrorHandler: answerClientError,
    frameworkErrors: onError,
  });
  const identify = createIdentify(options.supervisor, options.adminToken);
  const sessions = createSessions(options.supervisor, options.now);
  const context: HttpContext = {
    ...options,
    identify,
    sessions,
    identifyRequest: createIdentifyRequest(identify, sessions),
    streams: createOpenStreams(),
    lockout: createLockout(options.now, tellLockout(options)),
  };

  app.setValidatorCompiler(validatorCompiler);
  app.removeAllContentTypeParsers();
  for (const type of ['application/json', 'application/merge-patch+json']) {
    app.addContentTypeParser(type, { parseAs: 'string' }, parseJsonBody);
  }
  app.decorateRequest('identity', null);
  guardEveryRoute(app, context, onError);
  app.addHook('preClose', (done) => {
    context.streams.endAll();
    // A client that never finishes its request must not keep us; a closing server does not time it out either.
    setTimeout(() => app.server.closeAllConnections(), LET_FINISH_MS).unref();
    done();
  });

  void app.register(swagger, openapiOptions(options.build.version));
  void app.register((scope, _options, done) => {
    heartbeatRoute(scope, context);
    done();
  });
  // What only browsers need stays out of the way of beats.
  void app.register(async (scope) => {
    tellRequests(scope, context, API_HEADERS);
    await scope.register(cookie, { secret: options.sessionKey });
    await limitRequests(scope, context);
    scope.addHook('onRequest', refuseCrossOrigin);
    auditRequests(scope, context);
    for (const addRoutes of ROUTES) addRoutes(scope, context);
  });
  if (options.inspect) {
    void app.register(async (scope) => {
      await scope.register(websocket, { options: { maxPayload: 1024 } });
      inspectRoute(scope, context);
    });
  }
  void app.register(async (scope) => {
    tellRequests(scope, context, {});
    await scope.register(helmet, PAGE_SECURITY);
    await scope.register(files, { serve: false, preCompressed: true, acceptRanges: false });
    pageRoutes(scope, context);
  });
  return app;
};

/** Answers hold tokens and what changes at any moment. */
const API_HEADERS = { 'cache-control': 'no-store', ...API_SECURITY };

const ROUTES = [
  sessionRoutes,
  tokenRoutes,
  auditRoute,
  registryRoutes,
  heartbeatsRoute,
  createWorkspaceRoute,
  workspaceRoutes,
  connectionRoute,
  rotateTokenRoute,
  patchWorkspaceRoute,
  verbRoutes,
  wakeRoute,
  misbehaveRoute,
  declaredPluginRoutes,
  pluginRoutes,
  pluginLockRoute,
  pluginGenerationRoutes,
  pluginUpdateRoutes,
  pluginCatalogueRoutes,
  secretRoutes,
  downloadRoute,
  installReportRoute,
  planRoute,
  applyRoute,
  whyRoute,
  historyRoute,
  momentRoutes,
  fleetRoute,
  supervisorRoute,
  backtestRoute,
  eventsRoute,
  logsRoute,
  healthRoutes,
  metricsRoute,
  notifyRoutes,
  templatesRoute,
  machineRoutes,
  openapiRoute,
];

/** Puts each route behind the guard its `config.auth` names, and knows what to say where there is no route. */
const guardEveryRoute = (
  app: HttpApp,
  context: HttpContext,
  onError: ReturnType<typeof createErrorHandler>,
) => {
  const { supervisor, identifyRequest, metrics, lockout } = context;
  const guards = createGuards(supervisor, identifyRequest, metrics, lockout);
  const allowed = createAllowedMethods();
  app.addHook('onRoute', (route) => {
    const auth = route.config?.auth;
    if (auth === undefined)
      throw new Error(`${String(route.method)} ${route.url} does not say who may call it`);
    const guard = guards[auth];
    if (guard !== null) route.onRequest = [guard, ...[route.onRequest ?? []].flat()];
    allowed.add(route.url, route.method);
  });
  const noSuchRoute = (request: FastifyRequest, reply: FastifyReply): KeepwellError => {
    reply.headers(API_SECURITY);
    const methods = allowed.of(request.url.split('?', 1)[0] ?? '');
    if (methods.length === 0 || methods.includes(request.method)) return new KeepwellError('ROUTE_NOT_FOUND');
    reply.header('allow', methods.join(', '));
    return new KeepwellError('METHOD_NOT_ALLOWED', { details: { allow: methods } });
  };
  app.setNotFoundHandler((request, reply) => {
    throw noSuchRoute(request, reply);
  });
  // Of a request that no route is for, the body is of no interest: neither its form nor its length.
  app.setErrorHandler((error, request, reply) =>
    onError(request.is404 ? noSuchRoute(request, reply) : error, request, reply),
  );
};

/** Every request but a beat: its id goes back with the answer, and one line goes to the log. */
const tellRequests = (
  scope: HttpApp,
  { logger, requestBegan }: HttpContext,
  headers: Record<string, string>,
) => {
  if (requestBegan !== undefined) traceRequests(scope, requestBegan);
  scope.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).headers(headers);
    done();
  });
  if (logger === false) return;
  scope.addHook('onResponse', (request, reply, done) => {
    const { id: requestId, method, url } = request;
    const elapsedMs = Math.round(reply.elapsedTime);
    logger.debug({ requestId, method, url, status: reply.statusCode, elapsedMs }, 'request');
    done();
  });
};

const traceRequests = (scope: HttpApp, requestBegan: NonNullable<HttpContext['requestBegan']>) => {
  const open = new WeakMap<object, (status: number) => void>();
  scope.addHook('onRequest', (request, _reply, done) => {
    open.set(request, requestBegan(request.method, request.routeOptions.url ?? 'none'));
    done();
  });
  scope.addHook('onResponse', (request, reply, done) => {
    open.get(request)?.(reply.statusCode);
    done();
  });
  scope.addHook('onRequestAbort', (request, done) => {
    // 499: the client went away before it was answered.
    open.get(request)?.(499);
    open.delete(request);
    done();
  });
};
