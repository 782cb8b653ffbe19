/** Who decides something by command, and why: kept with what was decided. */
import { userInfo } from 'node:os';
import { RastroError } from '../../schemas/errors/index.ts';
import type { Decision } from '../stewardship/holds.ts';

/** A reason shorter than this says nothing to whoever reads it later. */
const REASON_CHARS_MIN = 10;
const REASON_CHARS_MAX = 500;

/** The account of the operating system is who: an option that anybody may fill in would make two people of one. */
export function decisionOf(reason: string): Decision {
  const text = reason.trim();
  if (text.length < REASON_CHARS_MIN || text.length > REASON_CHARS_MAX) {
    throw new RastroError('RAS-CLI-BAD-OPTION', {
      option: '--reason',
      value: `${text.length} characters`,
      expected: `${REASON_CHARS_MIN} to ${REASON_CHARS_MAX} characters`,
    });
  }
  return { actor: userInfo().username, reason: text, nowMs: Date.now() };
}
