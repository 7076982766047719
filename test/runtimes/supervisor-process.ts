import { dataFolders } from '../../src/folders.ts';
import { createProcessRuntime } from '../../src/runtimes/process-runtime.ts';

/** A supervisor to be killed: starts one instance, prints its pid, and waits for its own end or, told to `leave`, has nothing more to do. */
const [root = '', installationId = '', workspaceId = '', script = '', then = 'wait'] = process.argv.slice(2);
const runtime = createProcessRuntime({
  installationId,
  foldersOf: dataFolders(root).workspace,
  sidecarCommand: [],
  baseEnv: { PATH: '/usr/bin:/bin' },
  now: Date.now,
});
const { pid } = await runtime.start({
  workspaceId,
  incarnation: 4,
  command: ['sh', '-c', script],
  sidecar: false,
  env: {},
  token: 'secret-token',
  url: 'http://127.0.0.1:7420',
});
console.log(pid);
if (then === 'wait') setInterval(() => {}, 60_000);
