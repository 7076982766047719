import { execFileSync, spawnSync } from 'node:child_process';
import { env } from 'node:process';
import { describe, expect, it } from 'vitest';
import { bashCompletion } from '../../src/cli/completion/bash.ts';
import { fishCompletion } from '../../src/cli/completion/fish.ts';
import { zshCompletion } from '../../src/cli/completion/zsh.ts';
import { createProgram } from '../../src/cli/program.ts';

/** What a real bash offers for the last of the words. */
const inBash = (...words: string[]): string[] => {
  const line = ['keepwell', ...words].map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _keepwell; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return linesOf(execFileSync('bash', ['--norc', '-c', `${bashCompletion(createProgram())}\n${ask}`]));
};

const inFish = (...words: string[]): string[] => {
  const ask = `complete -C ${`keepwell ${words.join(' ')}`.replaceAll(/[^\w]/g, String.raw`\$&`)}`;
  const script = `${fishCompletion(createProgram())}\n${ask}`;
  return linesOf(execFileSync('fish', ['--no-config', '-c', script])).map(
    (line) => line.split('\t')[0] ?? '',
  );
};

/**
 * What a real zsh hands to its completion system: `_describe` filters by the word and says so by its status, as the real
 * one does, which needs a terminal.
 */
const inZsh = (...words: string[]): string[] => {
  const script = `
compdef() { [[ $1 == _keepwell && $2 == keepwell ]] || exit 9 }
_describe() {
  local found=1 each
  for each in \${(P)@[-1]}; do
    [[ $each == $PREFIX* ]] && { print -r -- \${each%%:*}; found=0 }
  done
  return found
}
_files() { print -r -- '<files>' }
${zshCompletion(createProgram())}
words=(keepwell ${words.map((word) => `'${word}'`).join(' ')})
CURRENT=$#words
PREFIX=$words[-1]
_keepwell`;
  return linesOf(execFileSync('zsh', ['-f', '-c', script]));
};

const linesOf = (output: Buffer): string[] =>
  output
    .toString()
    .split('\n')
    .filter((word) => word !== '');

/** In a pseudo-terminal, by the tabulator key: what zsh makes of a line that is not finished. */
const typedInZsh = (line: string, finished: string): string => {
  const script = `
zmodload zsh/zpty
zpty shell zsh -f -i
# Reads until it was printed; ends with what there was when it is not.
await() {
  local seen= part
  repeat 100; do
    while zpty -rt shell part; do seen+=$part; done
    [[ $seen == *"$1"* ]] && return
    sleep 0.05
  done
  print -r -- "without $1: $seen"
  exit 1
}
zpty -w shell 'PS1=; unsetopt prompt_cr prompt_sp; autoload -Uz compinit; compinit -u -D'
zpty -w shell 'keepwell() { print -r -- "got""<$*>" }; eval "$COMPLETION"; print rea""dy'
await ready
zpty -w -n shell '${line}'$'\\t'
await '${finished}'
zpty -w -n shell $'\\r'
await 'got<${finished.replace('keepwell ', '')}>'
print done`;
  const { stdout } = spawnSync('zsh', ['-f', '-c', script], {
    encoding: 'utf8',
    timeout: 20_000,
    env: {
      PATH: env.PATH ?? '',
      HOME: '/nonexistent',
      TERM: 'dumb',
      COMPLETION: zshCompletion(createProgram()),
    },
  });
  return stdout.trim();
};

const SHELLS = { bash: inBash, fish: inFish, zsh: inZsh };
const isThere = (shell: string): boolean =>
  env.CI === 'true' || spawnSync(shell, ['-c', 'true']).error === undefined;

describe.each(Object.entries(SHELLS))('completion in %s', (shell, offered) => {
  if (!isThere(shell)) console.log(`completion is not tried in ${shell}: it is not here`);

  describe.skipIf(!isThere(shell))('', () => {
    it('offers the commands that begin as the word does', () => {
      expect(offered('ver')).toEqual(['version']);
    });

    it('offers every visible command of the program', () => {
      const program = createProgram();
      const names = program
        .createHelp()
        .visibleCommands(program)
        .map((one) => one.name());
      expect(offered('')).toEqual(expect.arrayContaining(names));
    });

    it('offers the commands below a command, and options for all commands after it', () => {
      expect(offered('machine', 'pa')).toEqual(['paths']);
      expect(offered('--json', 'version', '--js')).toEqual(['--json']);
      expect(offered('backup', 'create', '--passphrase')).toEqual(['--passphrase-file']);
    });

    it('offers what an argument can be', () => {
      expect(offered('completion', '').toSorted()).toEqual(expect.arrayContaining(['bash', 'fish', 'zsh']));
    });
  });
});

describe.skipIf(!isThere('zsh'))('completion in zsh', () => {
  it('finishes a word in a terminal', () => {
    expect(typedInZsh('keepwell machine pa', 'keepwell machine paths')).toBe('done');
  });
});
