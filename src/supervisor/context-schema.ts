import { type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { DEFAULT_POLICY } from '../../machines/workspace/policy.ts';
import {
  type DeadlineName,
  PUBLIC_STATUSES,
  type PublicStatus,
  type WorkspaceContext,
} from '../../machines/workspace/types.ts';

type Fields<T> = { [Key in keyof T]-?: TSchema };
const object = <T>(fields: Fields<T>) => Type.Object(fields);
const orNull = (schema: TSchema) => Type.Union([schema, Type.Null()]);
const words = <Word extends string>(known: Record<Word, true>) =>
  Type.Unsafe<Word>({ type: 'string', enum: Object.keys(known) });

const Count = Type.Integer({ minimum: 0 });
/** Within what a calendar knows. */
const Moment = Type.Number({ minimum: 0, maximum: 8.64e15 });

const Reason = object<NonNullable<WorkspaceContext['reason']>>({
  code: Type.String(),
  message: Type.String(),
  hint: orNull(Type.String()),
});

const Status = Type.Unsafe<PublicStatus>({ type: 'string', enum: [...PUBLIC_STATUSES] });

const Deadline = object<NonNullable<WorkspaceContext['deadline']>>({
  name: words<DeadlineName>({
    provisionBy: true,
    reconcileBy: true,
    resyncAt: true,
    retryAt: true,
    restartAt: true,
    stopBy: true,
  }),
  at: Moment,
});

const Blocked = object<WorkspaceContext['plugins']['blocked'][number]>({
  name: Type.String(),
  source: Type.String(),
  code: Type.String(),
  message: Type.String(),
  attempt: Count,
  retryAt: Moment,
});

const Held = object<WorkspaceContext['plugins']['suspicion']['held'][number]>({
  name: Type.String(),
  source: Type.String(),
  revision: orNull(Type.String()),
  treeHash: Type.String(),
  why: words({ quarantined: true, suspected: true, 'rolled-back': true }),
  since: Moment,
});

/** What a workspace remembers. The compiler holds it against the machine's own type, a test against every state. */
const Context = object<WorkspaceContext>({
  workspaceId: Type.String(),
  owned: Type.Boolean(),
  policy: Type.Object(Object.fromEntries(Object.keys(DEFAULT_POLICY).map((key) => [key, Type.Number()]))),
  generation: Count,
  observedGeneration: Count,
  incarnation: Count,
  endedIncarnation: Count,
  heardIncarnation: Count,
  restart: object<WorkspaceContext['restart']>({
    wanted: Count,
    served: Count,
    decline: orNull(object<{ wanted: number; reason: object }>({ wanted: Count, reason: Reason })),
  }),
  status: Status,
  since: Moment,
  reason: orNull(Reason),
  deadline: orNull(Deadline),
  crashedAt: Type.Array(Moment),
  restarts: Count,
  restartedAt: Type.Array(Moment),
  reconcile: object<WorkspaceContext['reconcile']>({
    run: Count,
    outcome: orNull(words({ running: true, settled: true, failed: true, superseded: true })),
  }),
  plugins: object<WorkspaceContext['plugins']>({
    generation: Count,
    installed: Count,
    blocked: Type.Array(Blocked),
    attempt: Count,
    restartedAt: Type.Array(Moment),
    refresh: Type.Union([Type.Array(Type.String()), Type.Literal('all'), Type.Null()]),
    good: Count,
    probation: orNull(
      object<{ generation: number; since: number | null }>({ generation: Count, since: orNull(Moment) }),
    ),
    suspicion: object<WorkspaceContext['plugins']['suspicion']>({
      held: Type.Array(Held),
      groups: Type.Array(Type.Array(Type.String())),
      halved: Type.Boolean(),
      trial: Type.Array(Held),
    }),
    rollback: orNull(
      object<NonNullable<WorkspaceContext['plugins']['rollback']>>({
        to: Count,
        by: words({ operator: true, breaker: true }),
      }),
    ),
    reported: orNull(Count),
    dismissed: Type.Array(
      object<WorkspaceContext['plugins']['dismissed'][number]>({
        plugin: Type.String(),
        revision: Type.String(),
      }),
    ),
  }),
  purge: Type.Boolean(),
});

const validator = Compile(Context);

/** Says what is wrong with something that is to be the context of a workspace; null when nothing is. */
export const faultOfContext = (value: unknown): string | null => {
  if (validator.Check(value)) return null;
  const [first] = validator.Errors(value);
  return `context${first?.instancePath.replaceAll('/', '.') ?? ''} ${first?.message ?? 'is not one'}`;
};
