import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataFolders } from '../../src/folders.ts';
import { createProcessRuntime, type ProcessRuntimeOptions } from '../../src/runtimes/process-runtime.ts';
import { sendSignal } from '../../src/runtimes/send-signal.ts';
import type { InstanceSpec, Runtime } from '../../src/supervisor/ports.ts';
import type { AgentCommands, RuntimeWorld } from './contract.ts';

const sh = (script: string): string[] => ['sh', '-c', script];
const FOREVER = 'while :; do sleep 0.1; done';

/** Agents written in shell; each says `ready` in its log once it behaves as promised. */
export const shellAgents = {
  obedient: sh(`echo ready; ${FOREVER}`),
  stubborn: sh(`trap "" TERM; echo ready; ${FOREVER}`),
  exits: (code) => sh(`exit ${code}`),
  prints: (lines) => sh(`printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')}; ${FOREVER}`),
  absent: ['/no/such/agent'],
  script: sh,
} satisfies AgentCommands & { script: (script: string) => string[] };

export type ProcessWorld = Omit<RuntimeWorld, 'open'> & {
  root: string;
  installationId: string;
  foldersOf: ReturnType<typeof dataFolders>['workspace'];
  open: (more?: Partial<ProcessRuntimeOptions>) => Runtime;
  order: (workspaceId: string, command: string[], more?: Partial<InstanceSpec>) => InstanceSpec;
  faults: unknown[];
  /** Output so far. */
  output: (workspaceId: string) => Promise<string>;
  pidOf: (workspaceId: string) => Promise<number>;
};

/** A data folder of its own and real processes. */
export const createProcessWorld = async (): Promise<ProcessWorld> => {
  const root = await mkdtemp(join(tmpdir(), 'keepwell-runtimes-'));
  const installationId = randomUUID();
  const { workspace: foldersOf } = dataFolders(root);
  const faults: unknown[] = [];

  const open = (more: Partial<ProcessRuntimeOptions> = {}): Runtime =>
    createProcessRuntime({
      installationId,
      foldersOf,
      sidecarCommand: ['/usr/bin/env'],
      baseEnv: { PATH: process.env['PATH'] ?? '', HOME: root },
      now: Date.now,
      pollMs: 100,
      onFault: (fault) => faults.push(fault),
      ...more,
    });

  const pidOf = async (workspaceId: string): Promise<number> => {
    const record = JSON.parse(await readFile(join(foldersOf(workspaceId).root, 'instance.json'), 'utf8'));
    return record.pid;
  };

  return {
    root,
    installationId,
    foldersOf,
    agents: shellAgents,
    faults,
    open,
    pidOf,
    order: (workspaceId, command, more = {}) => ({
      workspaceId,
      incarnation: 1,
      command,
      sidecar: false,
      container: null,
      env: {},
      token: 'secret-token',
      url: 'http://127.0.0.1:7420',
      ...more,
    }),
    output: (workspaceId) => readFile(join(foldersOf(workspaceId).logs, 'agent.log'), 'utf8').catch(() => ''),
    countInstances: async (workspaceId) =>
      processesIn(foldersOf(workspaceId).workspace).filter(({ leads }) => leads).length,
    crash: async (workspaceId) => {
      process.kill(await pidOf(workspaceId), 'SIGKILL');
    },
    dispose: async () => {
      const last = open();
      await last.sweep(() => false);
      await last.close();
      // What a failing test leaves behind must not outlive it.
      for (const { pid } of processesIn(root)) sendSignal(pid, 'SIGKILL');
      await rm(root, { recursive: true, force: true });
    },
  };
};

/** The living processes that work in or below a folder, by what the kernel says and not by the code under test. */
export const processesIn = (folder: string): { pid: number; leads: boolean }[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!`${readlinkSync(`/proc/${pid}/cwd`)}/`.startsWith(`${folder}/`)) return [];
        const [state, , pgid] = readFileSync(`/proc/${pid}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ');
        return state === 'Z' ? [] : [{ pid: Number(pid), leads: pid === pgid }];
      } catch {
        return [];
      }
    });
