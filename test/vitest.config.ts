import { defineConfig } from 'vitest/config';

/** Tests that start programs, git servers or the whole supervisor; the others need nothing but files and sockets. */
const WITH_PROCESSES = ['browser', 'cli', 'runtimes', 'plugins', 'system'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    // Many tests wait for programs: two at once keep two cores busy, and no test waits for its turn on one.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: WITH_PROCESSES,
          testTimeout: 30_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: { name: 'system', include: WITH_PROCESSES, testTimeout: 120_000, hookTimeout: 60_000 },
      },
    ],
  },
});
