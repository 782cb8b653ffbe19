/** `rastro rules pack|unpack`: a catalogue as one signed file, and back. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { RastroError } from '../../../schemas/errors/index.ts';
import { packageRoot } from '../../../schemas/package-root.ts';
import { LOCK_FILE, lockFindings, lockOf, lockText, readLock } from '../../workbench/lock.ts';
import { keyFingerprint, openPack, PACK_LIMITS, packText, readKey } from '../../workbench/pack.ts';
import { loadKnowledge, readKnowledgeFiles } from '../../workspace/knowledge.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { count, paragraph } from '../terminal.ts';
import { writtenTo } from '../written.ts';

interface PackOptions {
  readonly rules?: string;
  readonly name: string;
  readonly packVersion: string;
  readonly key: string;
  readonly out: string;
}

interface UnpackOptions {
  readonly key: string;
  readonly out: string;
}

const KEYS = `
Keys are Ed25519 in PEM:
  openssl genpkey -algorithm ed25519 -out key.pem        signs; keep it to yourself
  openssl pkey -in key.pem -pubout -out key.pub          give this to those who are to trust your packs`;

/** Bytes of a file that the user names. @throws RastroError RAS-CLI-NO-FILE */
async function bytesOf(
  path: string,
  max: number,
  code: 'RAS-RULES-PACK-INVALID' | 'RAS-RULES-PACK-KEY',
): Promise<Buffer> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true) throw new RastroError('RAS-CLI-NO-FILE', { pattern: path });
  if (found.size > max) throw new RastroError(code, { file: path, detail: `${found.size} bytes > ${max}` });
  return readFile(path);
}

const KEY_BYTES_MAX = 16_384;

async function keyOf(path: string, kind: 'private' | 'public') {
  return readKey((await bytesOf(path, KEY_BYTES_MAX, 'RAS-RULES-PACK-KEY')).toString('utf8'), kind, path);
}

function checkName(option: string, value: string, form: RegExp, expected: string): void {
  if (!form.test(value)) throw new RastroError('RAS-CLI-BAD-OPTION', { option, value, expected });
}

async function isEmpty(folder: string): Promise<boolean> {
  return !existsSync(folder) || (await readdir(folder).catch(() => ['a file'])).length === 0;
}

export function addRulesPack(rules: Command): void {
  const pack = rules
    .command('pack')
    .description('make one signed file of a catalogue, with everything that its results depend on')
    .option('--rules <folder>', 'another catalogue')
    .requiredOption('--name <name>', 'what the pack is called: lower case, digits, hyphens')
    .requiredOption('--pack-version <version>', 'its version, as 1.4.0')
    .requiredOption('--key <file>', 'private key that signs it')
    .requiredOption('--out <file>', 'where to write it')
    .addHelpText(
      'after',
      `
Example:
  rastro rules pack --rules ./our-rules --name fiu-north --pack-version 1.4.0 --key key.pem --out fiu-north-1.4.0.json
${KEYS}

The pack holds rules, composites, lists, lexicons, thresholds and peers, the shipped ones where the folder has none of its own.
Exit code 1 if a rule changed without a new version (\`rastro rules lock\`): nothing is written then.`,
    );
  handle<PackOptions>(pack, async ({ terminal }, options) => {
    checkName('--name', options.name, /^[a-z0-9][a-z0-9-]{0,63}$/, 'lower case, digits, hyphens');
    checkName('--pack-version', options.packVersion, /^\d+\.\d+\.\d+$/, '1.4.0');
    const key = await keyOf(options.key, 'private');
    if (existsSync(options.out)) throw new RastroError('RAS-RULES-EXISTS', { path: options.out });
    const folder = options.rules ?? join(packageRoot(), 'rules');
    const from = options.rules === undefined ? {} : { rulesDir: options.rules };
    const knowledge = await loadKnowledge(from);
    const { texts } = await readKnowledgeFiles(from);
    const lock = lockOf(knowledge, folder);
    const locked = await readLock(folder);
    const [finding] = lockFindings(locked ?? lock, lock).filter(
      ({ code }) => code !== 'RAS-RULES-LOCK-STALE',
    );
    if (finding !== undefined) throw new RastroError(finding.code, finding.params);
    const { name, packVersion: version } = options;
    const whole = lockOf(knowledge, folder, 'with shipped files');
    const text = packText(knowledge, { named: { name, version }, lock: whole, texts, key });
    await writtenTo(options.out, () => writeFile(options.out, text, { flag: 'wx' }));
    const about = {
      pack: options.out,
      name,
      version,
      bytes: Buffer.byteLength(text),
      files: Object.keys(texts).length,
      ruleSet: knowledge.ruleSet.hash,
      key: keyFingerprint(key),
    };
    if (terminal.json) terminal.printJson(about);
    else
      terminal.print(
        paragraph(
          `${about.pack}: ${name} ${version}, ${count(about.files)} files, ${count(about.bytes)} bytes, rule set ${about.ruleSet.slice(0, 16)}, signed by key ${about.key}`,
          terminal,
        ),
      );
    return EXIT.FINE;
  });

  const unpack = rules
    .command('unpack <file>')
    .description('check a pack (signature, every hash, that it compiles) and write its files')
    .requiredOption('--key <file>', 'public key of who you trust to have made it')
    .requiredOption('--out <folder>', 'a new or empty folder')
    .addHelpText(
      'after',
      `
Example:
  rastro rules unpack fiu-north-1.4.0.json --key fiu-north.pub --out ./fiu-north
  rastro rules activate ./fiu-north --from 2026-01-01 --dry-run
${KEYS}

Nothing is written unless all of it checks out; then exit code 1.`,
    );
  handle<UnpackOptions>(unpack, async ({ terminal }, options, [file = '']) => {
    const key = await keyOf(options.key, 'public');
    const bytes = await bytesOf(file, PACK_LIMITS.BYTES, 'RAS-RULES-PACK-INVALID');
    if (!(await isEmpty(options.out))) throw new RastroError('RAS-RULES-EXISTS', { path: options.out });
    const { manifest, texts } = openPack(bytes, file, key);
    for (const [path, text] of [...Object.entries(texts), [LOCK_FILE, lockText(manifest.lock)] as const]) {
      const target = join(options.out, path);
      await writtenTo(target, async () => {
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, text, { flag: 'wx' });
      });
    }
    const { name, version, ruleSet } = manifest;
    const files = Object.keys(texts).length;
    const about = { folder: options.out, name, version, files, ruleSet, key: keyFingerprint(key) };
    if (terminal.json) terminal.printJson(about);
    else
      terminal.print(
        paragraph(
          `${options.out}: ${name} ${version}, ${count(files)} files, rule set ${ruleSet.slice(0, 16)}, signed by key ${about.key}`,
          terminal,
        ),
      );
    return EXIT.FINE;
  });
}
