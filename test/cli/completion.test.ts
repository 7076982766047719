import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { completionScript } from '../../src/cli/completion-script.ts';
import { createProgram } from '../../src/cli/program.ts';

/** What a real bash offers for the last of the words. */
const offered = (...words: string[]): string[] => {
  const line = ['keepwell', ...words].map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _keepwell; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync('bash', ['--norc', '-c', `${completionScript(createProgram())}\n${ask}`], {
    encoding: 'utf8',
  });
  return text.split('\n').filter((word) => word !== '');
};

describe('completion in bash', () => {
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
  });
});
