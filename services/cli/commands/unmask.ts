/** `rastro unmask ID --reason "..."`: shows an identity, and writes down who asked and why, before it is shown. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { Pseudonymiser } from '../../../pipelines/ingest/pseudonym.ts';
import { openVaultEntry, type VaultEntry } from '../../../pipelines/ingest/vault.ts';
import { RastroError } from '../../../schemas/errors/index.ts';
import { openKeys } from '../../config/keys.ts';
import { openSecret } from '../../workspace/secret.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { configOf } from '../role-config.ts';
import { SERVER_OPTION, type ServerOption, withChosenStore } from '../server-store.ts';

/** A reason shorter than this says nothing to whoever reads the log. */
const REASON_CHARS_MIN = 10;

export function addUnmask(program: Command): void {
  const command = program
    .command('unmask <id>')
    .description('show the identity behind a pseudonym; every request is logged')
    .requiredOption('--reason <text>', 'why, for the log')
    .option('--case <id>', 'the case that the request belongs to', '')
    .option(...SERVER_OPTION)
    .addHelpText(
      'after',
      '\nExample:\n  rastro unmask par_… --reason "request 12/2026 of the prosecutor" --case 12-2026',
    );
  handle<ServerOption & { reason: string; case: string }>(
    command,
    async ({ terminal, dataDir }, options, [id = '']) => {
      const reason = options.reason.trim();
      if (reason.length < REASON_CHARS_MIN) {
        throw new RastroError('RAS-CLI-BAD-OPTION', {
          option: '--reason',
          value: '""',
          expected: `at least ${REASON_CHARS_MIN} characters`,
        });
      }
      const { config } = options;
      const keys =
        config === undefined ? await openSecret(dataDir) : await openKeys((await configOf({ config })).keys);
      const nameKey = new Pseudonymiser(keys).nameKey(id);
      return withChosenStore(dataDir, config, async (store) => {
        const entries = await store.queryRows<VaultEntry>(
          'SELECT pseudonym, kind, ciphertext FROM vault_current WHERE pseudonym IN {ids:Array(String)}',
          { ids: [id, nameKey] },
        );
        const found = entries.some((entry) => entry.pseudonym === id);
        // The log comes first: an identity that was shown without a trace cannot be taken back.
        await store.insertRows('vault_access_log', [
          {
            at: new Date().toISOString(),
            actor: userInfo().username,
            pseudonym: id,
            reason,
            granted: found ? 1 : 0,
            case_id: options.case,
          },
        ]);
        if (!found)
          throw new RastroError('RAS-CLI-NOT-FOUND', { what: 'pseudonym', id, list: 'rastro alerts list' });
        const shown = entries.map((entry) => ({
          kind: entry.kind === 'nam' ? 'name' : entry.kind,
          value: openVaultEntry(keys.vault, entry),
        }));
        if (terminal.json) terminal.printJson({ pseudonym: id, identity: shown });
        else for (const { kind, value } of shown) terminal.print(`${kind.padEnd(5)} ${value}`);
        terminal.note('This request was logged.');
        return EXIT.FINE;
      });
    },
  );
}
