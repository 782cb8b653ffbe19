/** What one rule set has otherwise than another, in words. */
import type { SetDifference } from '../../workspace/rule-difference.ts';
import { paragraph, type Terminal } from '../terminal.ts';

/** One line for each kind of thing that is otherwise. */
export function printDifference(terminal: Terminal, difference: SetDifference, indent = ''): void {
  for (const [what, changes] of Object.entries(difference)) {
    for (const [how, names] of Object.entries(changes as SetDifference['rules']))
      if (names.length > 0)
        terminal.print(
          `${indent}${paragraph(`${what} ${how}: ${names.join(', ')}`, terminal, `${indent}  `)}`,
        );
  }
}
