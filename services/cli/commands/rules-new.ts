/** `rastro rules new ID`: a rule or a composite that works as it stands, to be changed into the one that is meant. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import { FAMILIES, FORMS } from '../../../schemas/enumerations.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { jsonSchemaOf } from '../../../schemas/json-schema.ts';
import { compareUtf8 } from '../../../schemas/order.ts';
import { packageRoot } from '../../../schemas/package-root.ts';
import { ruleTemplate, TEMPLATE_SUBJECTS } from '../../workbench/template.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { interview } from '../interview.ts';
import { oneOf } from '../options.ts';
import { paragraph, type Terminal } from '../terminal.ts';
import { writtenTo } from '../written.ts';
import { COMPOSITE_ID, newComposite } from './rules-new-composite.ts';

interface NewOptions {
  readonly form?: string;
  readonly family?: string;
  readonly subject?: string;
  readonly name?: string;
  readonly title?: string;
  /** Of a composite: its rules, joined by commas. */
  readonly of?: string;
  readonly out: string;
}

const ID = /^[A-Z]{2,4}-\d{2}(-[A-Z]{2,4})?$/;
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

const TITLE = 'Payments from many different people';
const FAMILY_HINT =
  'CTL control, COL collection, FLW flow, TIM time, GEO place, SPD spending, ATT shared attributes, TXT text, LST lists, PRF profile, CSH cash';

/** The form of most shipped rules whose ids begin as this one does; empty where there are none. */
async function usualForm(id: string): Promise<string> {
  const catalogue = join(packageRoot(), 'rules', 'catalogue');
  const names = await readdir(catalogue, { recursive: true });
  const start = id.replace(/-.*$/, '-');
  const folders = names.filter((name) => basename(name).startsWith(start)).map(dirname);
  const often = (folder: string) => folders.filter((each) => each === folder).length;
  const [most = ''] = [...new Set(folders)].sort((a, b) => often(b) - often(a) || compareUtf8(a, b));
  return most.replaceAll('-', '_');
}

function nameOf(title: string): string {
  const name = title
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()
    .split(' ')
    .slice(0, 5)
    .join('-');
  return NAME.test(name) ? name : 'new-rule';
}

/** The file of the folder that has the id already. */
async function fileOf(id: string, folder: string): Promise<string | undefined> {
  const catalogue = join(folder, 'catalogue');
  if (!existsSync(catalogue)) return undefined;
  const names = await readdir(catalogue, { recursive: true });
  const found = names.find((name) => new RegExp(`^${id}-[a-z]`).test(basename(name)));
  return found === undefined ? undefined : join(catalogue, found);
}

/** A folder that is used for the first time needs the playbook; an editor finds the schema beside it. */
async function prepareFolder(folder: string): Promise<string[]> {
  const made: string[] = [];
  const put = async (path: string, text: string) => {
    if (existsSync(join(folder, path))) return;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text, { flag: 'wx' });
    made.push(path);
  };
  const playbook = 'composites/playbook.yaml';
  await put(playbook, await readFile(join(packageRoot(), 'rules', playbook), 'utf8'));
  await put('rule.schema.json', `${JSON.stringify(jsonSchemaOf('rule'), null, 2)}\n`);
  await put('composite.schema.json', `${JSON.stringify(jsonSchemaOf('composite'), null, 2)}\n`);
  return made;
}

/** The options with what was asked for; undefined where whoever was asked stopped. */
async function complete(id: string, given: NewOptions, terminal: Terminal): Promise<NewOptions | undefined> {
  const { stdin, stderr } = process;
  const mayAsk = stdin.isTTY === true && stderr.isTTY === true && !terminal.json;
  if (given.form !== undefined || !mayAsk) return given;
  const about = { title: TITLE, form: await usualForm(id), families: FAMILY_HINT };
  const answers = await interview(given, about, { input: stdin, output: stderr, width: terminal.width });
  return answers === undefined ? undefined : { ...given, ...answers };
}

export function addRulesNew(rules: Command): void {
  const command = rules
    .command('new <id>')
    .description(
      'write a rule or a composite that compiles and whose cases hold, with the places marked that are to change',
    )
    .option('--form <form>', `legal form: ${FORMS.join(' | ')}`)
    .option('--family <family>', FAMILY_HINT)
    .option('--subject <kind>', `whose history is read: ${TEMPLATE_SUBJECTS.join(' | ')}`)
    .option('--title <text>', 'what is seen, in one line')
    .option('--name <name>', 'how the file is called behind the id; default from the title')
    .option('--of <rules>', 'of a composite: its rules, the first one and one of the others')
    .option('--out <folder>', 'folder of rules that it goes into', 'our-rules')
    .addHelpText(
      'after',
      `
Examples:
  rastro rules new LAB-21                                    asks for the rest, on a terminal
  rastro rules new LAB-21 --form labour_exploitation --title 'Wages paid to one foreman'
  rastro rules new K-FOREMAN --form labour_exploitation --of LAB-21,LAB-22    a composite over rules of the folder
  rastro rules test --rules our-rules --watch                then change the file, with its cases running beside

A new folder also gets the playbook and the JSON Schemas that editors complete from. Nothing is written over: exit code 2. Ctrl-C while it asks writes nothing: exit code 1.`,
    );
  handle<NewOptions>(command, async ({ terminal }, given, [id = '']) => {
    if (COMPOSITE_ID.test(id)) return newComposite(id, given, terminal);
    if (!ID.test(id))
      throw new RastroError('RAS-CLI-BAD-OPTION', {
        option: '<id>',
        value: id,
        expected: 'LAB-21 | LAB-21-LEG | K-FOREMAN',
      });
    // Before anybody is asked anything.
    const taken = await fileOf(id, given.out);
    if (taken !== undefined) throw new RastroError('RAS-RULES-EXISTS', { path: taken });
    const options = await complete(id, given, terminal);
    if (options === undefined) {
      terminal.note('\nNothing was written.');
      return EXIT.FAILURE;
    }
    if (options.form === undefined)
      throw new RastroError('RAS-CLI-OPTION-MISSING', { option: '--form', expected: FORMS.join(' | ') });
    const form = oneOf('--form', options.form, FORMS);
    const family = oneOf('--family', options.family ?? 'FLW', FAMILIES);
    const subject = oneOf('--subject', options.subject ?? 'account', TEMPLATE_SUBJECTS);
    const title = (options.title ?? TITLE).trim();
    if (title === '')
      throw new RastroError('RAS-CLI-BAD-OPTION', { option: '--title', value: '""', expected: TITLE });
    const name = options.name ?? nameOf(title);
    if (!NAME.test(name))
      throw new RastroError('RAS-CLI-BAD-OPTION', {
        option: '--name',
        value: name,
        expected: 'wages-to-one-foreman',
      });

    const path = join('catalogue', form.replaceAll('_', '-'), `${id}-${name}.yaml`);
    const target = join(options.out, path);
    const schema = relative(dirname(path), 'rule.schema.json');
    const year = new Date().getUTCFullYear();
    const text = ruleTemplate({ id, name, title, form, family, subject, schema, year });
    const made = await writtenTo(target, async () => {
      const also = await prepareFolder(options.out);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, text, { flag: 'wx' });
      return also;
    });
    if (terminal.json) terminal.printJson({ rule: target, id, form, family, subject, alsoWritten: made });
    else {
      const done = `${target}: works as it stands; change what is marked CHANGE.`;
      terminal.print(paragraph(done, terminal).replace(target, terminal.paint.bold(target)));
      if (made.length > 0)
        terminal.print(
          terminal.paint.dim(paragraph(`also new in ${options.out}: ${made.join(', ')}`, terminal)),
        );
      terminal.print(
        `\n  rastro rules test --rules ${options.out} --filter ${id}\n  rastro rules explain ${id} --rules ${options.out}`,
      );
    }
    return EXIT.FINE;
  });
}
