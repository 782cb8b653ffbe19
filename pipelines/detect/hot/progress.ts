/** How far event time has come when rules are asked. */
export interface Progress {
  /** Hours of open episodes that have ended by then are evaluated; Infinity where none waits. */
  readonly finishedMs: number;
  /** The time known, up to which rules tick (SEMANTICS §9a). */
  readonly knownMs: number;
}
