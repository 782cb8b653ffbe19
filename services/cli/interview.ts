/** What `rastro rules new` asks for on a terminal: until each answer can be used, or whoever is asked stops. */
import { createInterface } from 'node:readline/promises';
import { FAMILIES, FORMS } from '../../schemas/enumerations.ts';
import { nearestNames } from '../workbench/known-names.ts';
import { TEMPLATE_SUBJECTS } from '../workbench/template.ts';
import { paragraph } from './terminal.ts';

export interface Answers {
  readonly title: string;
  readonly form: string;
  readonly family: string;
  readonly subject: string;
}

/** Where it asks: a terminal. */
export interface InterviewStreams {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Columns. */
  readonly width: number;
}

/** The answers stopped: Ctrl-C, Ctrl-D. */
class Stopped extends Error {
  override readonly name = 'Stopped';
}

/**
 * Asks for what was not given. `about`: the title and form that an empty answer means (no form: there is none), what the families
 * are.
 *
 * @returns undefined where whoever was asked stopped
 */
export async function interview(
  given: Partial<Answers>,
  about: { readonly title: string; readonly form: string; readonly families: string },
  { input, output, width }: InterviewStreams,
): Promise<Answers | undefined> {
  const lines = createInterface({ input, output });
  const closed = new Promise<never>((_, reject) => {
    lines.once('close', () => reject(new Stopped()));
  });
  closed.catch(() => undefined);
  const say = (line: string) => void output.write(`${paragraph(line, { width })}\n`);
  const answerTo = (question: string): Promise<string> =>
    Promise.race([lines.question(question), closed]).catch((error: unknown) => {
      const isEnd = error instanceof Error && error.name === 'AbortError';
      throw isEnd ? new Stopped() : error;
    });
  const ask = async (question: string, preset: string, wrong: (answer: string) => string | null) => {
    for (;;) {
      const answer = (await answerTo(`${question}${preset === '' ? '' : ` [${preset}]`}: `)).trim() || preset;
      const reason = wrong(answer);
      if (reason === null) return answer;
      say(`  ${reason}`);
    }
  };
  const noneOf = (list: readonly string[]) => (answer: string) => {
    if (list.includes(answer)) return null;
    const likely = list.filter((each) => answer !== '' && each.startsWith(answer));
    const meant = likely.length > 0 ? likely : nearestNames(answer, list);
    return meant.length === 0
      ? 'That is none of them.'
      : `That is none of them. Is it ${meant.join(' or ')}?`;
  };
  const noText = (answer: string) => (answer === '' ? 'A few words are enough.' : null);
  try {
    const title = given.title ?? (await ask('What is seen, in one line', about.title, noText));
    if (given.form === undefined) say(`Legal forms: ${FORMS.join(', ')}`);
    const form = given.form ?? (await ask('Legal form', about.form, noneOf(FORMS)));
    if (given.family === undefined) say(`Evidence families: ${about.families}`);
    const family = given.family ?? (await ask('Evidence family', 'FLW', noneOf(FAMILIES)));
    const whose = `Whose history (${TEMPLATE_SUBJECTS.join(', ')})`;
    const subject = given.subject ?? (await ask(whose, 'account', noneOf(TEMPLATE_SUBJECTS)));
    return { title, form, family, subject };
  } catch (error) {
    if (error instanceof Stopped) return undefined;
    throw error;
  } finally {
    lines.close();
  }
}
