/** Ties a command to its handler: context in, exit code out. */
import type { Command } from 'commander';
import { type CommandContext, dataDirOf, type GlobalOptions } from './context.ts';
import { openTerminal } from './terminal.ts';

/** A handler gets the context, its options and its positional arguments; it returns the exit code. */
export type Handler<O> = (context: CommandContext, options: O, args: readonly string[]) => Promise<number>;

const streams = { out: process.stdout, err: process.stderr };

export function handle<O extends object>(command: Command, handler: Handler<O & GlobalOptions>): Command {
  return command.action(async (...received: unknown[]) => {
    // commander hands over the positional arguments, then the options, then the command itself.
    const args = received
      .slice(0, -2)
      .flat()
      .filter((arg): arg is string => typeof arg === 'string');
    const options = command.optsWithGlobals<O & GlobalOptions>();
    const terminal = openTerminal({ json: options.json === true }, streams, process.env);
    const context: CommandContext = { terminal, dataDir: dataDirOf(options, process.env) };
    process.exitCode = await handler(context, options, args);
  });
}
