import type { Case } from '../case.ts';
import { accessCases } from './cases/access.ts';
import { beatCases } from './cases/beats.ts';
import { createCases } from './cases/create.ts';
import { foundingCases } from './cases/founding.ts';
import { ownedCases } from './cases/owned.ts';
import { pathCases } from './cases/paths.ts';
import { pluginCases } from './cases/plugins.ts';
import { registerCases } from './cases/register.ts';
import { removedCases } from './cases/removed.ts';
import { restingCases } from './cases/resting.ts';
import { specCases } from './cases/spec.ts';
import type { ServerWorld } from './world.ts';

/** All that is asked of a server. */
export const serverCases: readonly Case<ServerWorld>[] = [
  ...accessCases,
  ...beatCases,
  ...registerCases,
  ...createCases,
  ...restingCases,
  ...removedCases,
  ...specCases,
  ...pluginCases,
  ...foundingCases,
  ...ownedCases,
  ...pathCases,
];
