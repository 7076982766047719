import type { Command } from 'commander';
import { planWorkspaces, printPlans } from '../plan-workspaces.ts';
import { readDocuments } from '../read-documents.ts';
import { action } from '../session.ts';

export const planCommand = (program: Command): Command =>
  program
    .command('plan')
    .summary('say what apply would do; changes nothing')
    .requiredOption('-f, --file <path>', 'YAML file, folder of them, or - for standard input')
    .action(
      action(async ({ client, out }, { options }) => {
        const plans = await planWorkspaces(client, readDocuments((options as { file: string }).file));
        out.document({ items: plans });
        printPlans(plans, out);
        return plans.some((plan) => plan.action === 'conflict') ? 1 : 0;
      }),
    );
