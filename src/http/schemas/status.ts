import { Type } from 'typebox';
import type { PublicStatus } from '../../../machines/workspace/types.ts';
import { Nullable } from './nullable.ts';

const statuses: Record<PublicStatus, true> = {
  provisioning: true,
  awaiting_agent: true,
  online: true,
  degraded: true,
  offline: true,
  failed: true,
  paused: true,
  hibernating: true,
  hibernated: true,
  removed: true,
};

export const PUBLIC_STATUSES = Object.keys(statuses) as PublicStatus[];

/** Why something is as it is: a code, a sentence and what a person can do. */
export const ReasonWire = Nullable(
  Type.Object({ code: Type.String(), message: Type.String(), hint: Nullable(Type.String()) }),
);
