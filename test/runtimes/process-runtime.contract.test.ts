import { describeRuntimeContract } from './contract.ts';
import { createProcessWorld } from './process-world.ts';

describeRuntimeContract('process', createProcessWorld);
