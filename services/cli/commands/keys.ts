/** `rastro keys new|list|revoke`: API keys of institutions. Only their hashes are kept. */
import type { Command } from 'commander';
import { RastroError } from '../../../schemas/errors/index.ts';
import {
  isValid,
  makeKey,
  readKeys,
  SCOPES,
  type Scope,
  type StoredKey,
  writeKeys,
} from '../../ingest/api-keys.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { moment, oneOf } from '../options.ts';
import { addConfigOption, apiKeysFile, type ConfigOption, configOf } from '../role-config.ts';
import { tableText } from '../terminal.ts';

const DAY_MS = 86_400_000;
const DAYS_MAX = 3_650;

interface NewOptions extends ConfigOption {
  readonly institution: string;
  readonly scopes: string;
  readonly expires: string;
  readonly replaces?: string;
  readonly overlap: string;
}

function daysOf(option: string, text: string): number {
  const days = Number(text);
  if (Number.isFinite(days) && days >= 0 && days <= DAYS_MAX) return days;
  throw new RastroError('RAS-CLI-BAD-OPTION', { option, value: text, expected: `0..${DAYS_MAX} days` });
}

const publicOf = ({ secretHash: _, ...rest }: StoredKey, nowMs: number) => ({
  ...rest,
  valid: isValid(rest as StoredKey, nowMs),
});

function changed(keys: readonly StoredKey[], id: string, change: (key: StoredKey) => StoredKey): StoredKey[] {
  if (!keys.some((key) => key.id === id)) throw new RastroError('RAS-KEYS-UNKNOWN', { id });
  return keys.map((key) => (key.id === id ? change(key) : key));
}

export function addKeys(program: Command): void {
  const keys = program.command('keys').description('API keys with which institutions hand in their feeds');

  handle<NewOptions>(
    addConfigOption(keys.command('new').description('make a key; it is shown once'))
      .requiredOption('--institution <id>', 'whom it is for; it counts for nobody else')
      .option('--scopes <list>', `of ${SCOPES.join(', ')}`, SCOPES.join(','))
      .option('--expires <days>', 'days until it expires', '365')
      .option('--replaces <id>', 'the key in whose place it comes, which expires after the overlap')
      .option('--overlap <days>', 'days for which both are valid', '14')
      .addHelpText('after', '\nExample:\n  rastro keys new --institution bank-a > bank-a.key'),
    async ({ terminal }, options) => {
      const path = apiKeysFile(await configOf(options));
      const nowMs = Date.now();
      const scopes = options.scopes.split(',').map((scope): Scope => oneOf('--scopes', scope.trim(), SCOPES));
      const expiresMs = nowMs + daysOf('--expires', options.expires) * DAY_MS;
      const { key, stored } = makeKey({ institution: options.institution, scopes, nowMs, expiresMs });
      const known = await readKeys(path);
      const { replaces } = options;
      const endMs = nowMs + daysOf('--overlap', options.overlap) * DAY_MS;
      const kept =
        replaces === undefined
          ? known
          : changed(known, replaces, (old) => ({ ...old, expiresMs: Math.min(old.expiresMs, endMs) }));
      await writeKeys(path, [...kept, stored]);
      if (terminal.json) terminal.printJson({ key, ...publicOf(stored, nowMs) });
      else {
        terminal.print(key);
        terminal.note(
          `Key ${stored.id} of ${stored.institution}, until ${moment(expiresMs)}. It is not shown again.`,
        );
      }
      return EXIT.FINE;
    },
  );

  handle<ConfigOption>(
    addConfigOption(keys.command('list').description('whose keys there are, and until when')),
    async ({ terminal }, options) => {
      const nowMs = Date.now();
      const known = (await readKeys(apiKeysFile(await configOf(options)))).map((key) => publicOf(key, nowMs));
      if (terminal.json) terminal.printJson(known);
      else
        terminal.print(
          tableText(
            known,
            [
              { title: 'id', value: (key) => key.id },
              { title: 'institution', value: (key) => key.institution },
              { title: 'scopes', value: (key) => key.scopes.join(',') },
              { title: 'made', value: (key) => moment(key.createdMs) },
              { title: 'expires', value: (key) => moment(key.expiresMs) },
              {
                title: 'valid',
                value: (key) => (key.revokedMs !== null ? 'revoked' : key.valid ? 'yes' : 'expired'),
              },
            ],
            terminal,
          ),
        );
      return EXIT.FINE;
    },
  );

  handle<ConfigOption>(
    addConfigOption(keys.command('revoke <id>').description('a key counts no more, from now on')),
    async ({ terminal }, options, [id = '']) => {
      const path = apiKeysFile(await configOf(options));
      const nowMs = Date.now();
      await writeKeys(
        path,
        changed(await readKeys(path), id, (key) => ({ ...key, revokedMs: key.revokedMs ?? nowMs })),
      );
      if (terminal.json) terminal.printJson({ id, revoked: true });
      else terminal.print(`Key ${id} is revoked; running roles know within seconds.`);
      return EXIT.FINE;
    },
  );
}
