import { Command } from 'commander';
import { agentCommand } from './commands/agent.ts';
import { applyCommand } from './commands/apply.ts';
import { auditCommand } from './commands/audit.ts';
import { backtestCommand } from './commands/backtest.ts';
import { backupCommand } from './commands/backup.ts';
import { completionCommand } from './commands/completion.ts';
import { configCommand } from './commands/config.ts';
import { conformCommand } from './commands/conform.ts';
import { connectCommand } from './commands/connect.ts';
import { createCommand } from './commands/create.ts';
import { debugCommand } from './commands/debug.ts';
import { doctorCommand } from './commands/doctor.ts';
import { eventsCommand } from './commands/events.ts';
import { getCommand } from './commands/get.ts';
import { historyCommand } from './commands/history.ts';
import { logsCommand } from './commands/logs.ts';
import { lsCommand } from './commands/ls.ts';
import { machineCommand } from './commands/machine.ts';
import { manCommand } from './commands/man.ts';
import { notifyCommand } from './commands/notify.ts';
import { planCommand } from './commands/plan.ts';
import { pluginsCommand } from './commands/plugins.ts';
import { rmCommand } from './commands/rm.ts';
import { secretsCommand } from './commands/secrets.ts';
import { serviceCommand } from './commands/service.ts';
import { simulateCommand } from './commands/simulate.ts';
import { statusCommand } from './commands/status.ts';
import { tokensCommand } from './commands/tokens.ts';
import { topCommand } from './commands/top.ts';
import { upCommand } from './commands/up.ts';
import { verbCommands } from './commands/verbs.ts';
import { VERSION, versionCommand } from './commands/version.ts';
import { whyCommand } from './commands/why.ts';
import { EXIT_HELP } from './exit-codes.ts';

const GROUPS: [heading: string, register: ((program: Command) => unknown)[]][] = [
  [
    'Supervisor:',
    [
      upCommand,
      statusCommand,
      tokensCommand,
      auditCommand,
      notifyCommand,
      backupCommand,
      configCommand,
      serviceCommand,
      doctorCommand,
      debugCommand,
      completionCommand,
      manCommand,
      versionCommand,
    ],
  ],
  ['Workspaces:', [createCommand, applyCommand, planCommand, lsCommand, getCommand, whyCommand, rmCommand]],
  ['Operate:', [verbCommands, pluginsCommand, secretsCommand]],
  ['Look:', [topCommand, historyCommand, eventsCommand, logsCommand, machineCommand, backtestCommand]],
  ['Agents:', [agentCommand, connectCommand]],
  ['Prove:', [conformCommand, simulateCommand]],
];

/** The whole command line. Wrong usage is thrown as a `CommanderError`, never printed here. */
export const createProgram = (): Command => {
  const program = new Command('keepwell')
    .description('Keeps agent workspaces provisioned, online and equipped with their plugins.')
    .version(VERSION)
    .option('--url <url>', 'where the supervisor is (default: the one that runs on --data)')
    .option('--token <token>', 'admin token (default: KEEPWELL_ADMIN_TOKEN or <data>/admin-token)')
    .option('--data <folder>', 'data folder')
    .option('--json', 'print JSON: one document, or one per line where it streams')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', `\n${EXIT_HELP}`)
    .exitOverride();
  for (const [heading, register] of GROUPS) {
    program.commandsGroup(heading);
    for (const each of register) each(program);
  }
  const help = new Command('help').argument('[command]').description('show help').helpGroup('Supervisor:');
  return program.addHelpCommand(help);
};
