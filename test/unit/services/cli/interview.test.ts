/** The questions of `rastro rules new`, over streams of the test's own. */
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { interview } from '../../../../services/cli/interview.ts';

const ABOUT = { title: 'Many payers', form: 'servitude', families: 'CTL control, FLW flow' };

/** Answers line after line; `null` ends the input as Ctrl-D does. */
async function asked(answers: readonly (string | null)[], given = {}, about = ABOUT) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let shown = '';
  const left = [...answers];
  output.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    if (!text.endsWith(': ')) return;
    const answer = left.shift();
    if (answer === null || answer === undefined) input.end();
    else input.write(`${answer}\n`);
  });
  const found = await interview(given, about, { input, output, width: 80 });
  return { found, shown, left };
}

test('an empty answer is what stands in brackets', async () => {
  const { found, shown } = await asked(['', '', '', '']);
  expect(found).toEqual({ title: 'Many payers', form: 'servitude', family: 'FLW', subject: 'account' });
  // What is typed is no part of the stream: questions stand before what is said next.
  const said = shown.split(/\n|\]: /);
  for (const line of said) expect(line.length).toBeLessThanOrEqual(80);
});

test('a wrong answer is asked again, with what may have been meant', async () => {
  const { found, shown, left } = await asked([
    'x',
    'forced',
    'nothing like it',
    'forced_labour',
    'flow',
    'FLX',
    'CTL',
    'holder',
  ]);
  expect(found).toEqual({ title: 'x', form: 'forced_labour', family: 'CTL', subject: 'holder' });
  expect(left).toEqual([]);
  expect(shown.replaceAll('\n  ', ' ')).toContain(
    'Is it forced_labour or forced_begging or forced_marriage?',
  );
  expect(shown).toContain('That is none of them.\n');
  expect(shown).toContain('That is none of them. Is it FLW?');
});

test('where no form is usual one has to be given', async () => {
  const { found, left } = await asked(['', '', 'smuggling', '', ''], {}, { ...ABOUT, form: '' });
  expect([found?.form, left]).toEqual(['smuggling', []]);
});

test('what is given is not asked', async () => {
  const given = { title: 'a', family: 'COL', subject: 'holder' };
  const { found, shown } = await asked(['smuggling'], given);
  expect(found).toEqual({ ...given, form: 'smuggling' });
  expect(shown.match(/: $/gm)).toHaveLength(1);
});

test('whoever stops is asked nothing more', async () => {
  for (const answers of [[null], ['x', null], ['x', 'smuggling', 'FLW', null]])
    expect((await asked(answers)).found).toBeUndefined();
});
