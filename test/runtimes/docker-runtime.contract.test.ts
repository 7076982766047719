import { afterAll, beforeAll, describe } from 'vitest';
import { describeRuntimeContract } from './contract.ts';
import { createDockerWorld } from './docker-world.ts';
import { isDockerSkipped, type PrivateDockerd, startDockerd } from './private-dockerd.ts';

describe.skipIf(isDockerSkipped)('with an engine', () => {
  let engine: PrivateDockerd;
  beforeAll(async () => {
    engine = await startDockerd();
  });
  afterAll(() => engine.dispose());

  describeRuntimeContract('docker', () => createDockerWorld(engine));
});
