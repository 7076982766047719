import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDataFolder, keepwell, type Program, startProgram, stopAgents } from './program.ts';

let data: ReturnType<typeof createDataFolder>;
let program: Program;

beforeEach(async () => {
  data = createDataFolder();
  program = await startProgram({ data: data.path });
});

afterEach(async () => {
  await program.kill9();
  stopAgents(data.path);
  data.remove();
});

describe('the first steps of somebody with an agent of their own', () => {
  it('make a workspace of any program, which finds a folder for plugins although it has none', async () => {
    const script = 'ls "$KEEPWELL_PLUGINS_DIR" && exec sleep 600';
    const { code, stdout } = await keepwell(data.path, [
      'create',
      'own',
      '--sidecar',
      '--wait',
      '--',
      '/bin/sh',
      '-c',
      script,
    ]);
    expect(stdout).toContain('own is online, no plugins');
    expect(code).toBe(0);
    expect((await program.api.view('own')).incarnation).toBe(1);
  });

  it('say where to look as soon as the program ends', async () => {
    const args = ['create', 'own', '--wait', '--timeout', '3s', '--', '/bin/sh', '-c', 'exit 3'];
    const { code, stdout } = await keepwell(data.path, args);
    expect(stdout).toContain('exited with code 3');
    expect(stdout).toContain('`keepwell logs own` shows what it printed');
    expect(code).not.toBe(0);
  });

  it('apply a fleet with an agent elsewhere, and do not wait for that one', async () => {
    const file = join(data.path, 'fleet.yaml');
    writeFileSync(
      file,
      'workspaces:\n  - name: demo\n    template: seo-agent\n  - name: box\n    external: true\n',
    );
    const { code, stdout, stderr } = await keepwell(data.path, ['apply', '-f', file, '--wait']);
    expect(stdout + stderr).toContain('start it there');
    expect(code).toBe(0);
    expect((await program.api.view('demo')).state).toBe('wanted.online.converged');
    expect((await program.api.view('box')).status).toBe('awaiting_agent');
  });
});
