/** Exit codes of the command. */
export const EXIT = { FINE: 0, FAILURE: 1, USAGE: 2 } as const;

/** Ends the command with a code after it has said what there is to say. */
export class ExitError extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit ${exitCode}`);
    this.exitCode = exitCode;
  }
}
