import type { Command } from 'commander';

/** One word that can follow, and what it stands for. */
export type Word = { word: string; does: string };

export type CommandNode = {
  /** Names from the program's on, with spaces between. */
  path: string;
  /** Names of commands below it, and what its arguments may be where that is a list. */
  words: Word[];
  /** Its own options; `takesValue` where a value follows. */
  options: { short: string | null; long: string; does: string; takesValue: boolean }[];
};

/** Every visible command, its own name first, then what is below it. What `--help` shows is what there is. */
export const commandTree = (command: Command, path = command.name()): CommandNode[] => {
  const help = command.createHelp();
  const children = help.visibleCommands(command);
  const choices = command.registeredArguments.flatMap(({ argChoices, description }) =>
    (argChoices ?? []).map((word) => ({ word, does: description })),
  );
  return [
    {
      path,
      words: [
        ...children.map((child) => ({ word: child.name(), does: help.subcommandDescription(child) })),
        ...choices,
      ],
      options: help
        .visibleOptions(command)
        .flatMap(({ short, long, description, required, optional }) =>
          long === undefined
            ? []
            : [{ short: short ?? null, long, does: description, takesValue: required || optional }],
        ),
    },
    ...children.flatMap((child) => commandTree(child, `${path} ${child.name()}`)),
  ];
};

/** The options of a command and of those above it, which it takes as well. */
export const optionsWithin = (tree: readonly CommandNode[], path: string): CommandNode['options'] => {
  const all = tree
    .filter((node) => path === node.path || path.startsWith(`${node.path} `))
    .toReversed()
    .flatMap(({ options }) => options);
  return all.filter(({ long }, index) => all.findIndex((one) => one.long === long) === index);
};
