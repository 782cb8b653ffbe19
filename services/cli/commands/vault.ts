/** `rastro vault rotate`: the vault under another key. */
import type { Command } from 'commander';
import { nextVaultKey, openKeys } from '../../config/keys.ts';
import { loadConfig } from '../../config/load.ts';
import { rotateVault } from '../../stewardship/vault-rotation.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { SERVER_OPTION, type ServerOption, withChosenStore } from '../server-store.ts';
import { count } from '../terminal.ts';

export function addVault(program: Command): void {
  const rotate = program
    .command('vault')
    .description('the identities behind pseudonyms')
    .command('rotate')
    .description('seal the vault under the key of another secret; roles are stopped meanwhile')
    .requiredOption('--next <file>', 'the other secret: 32 random bytes or more in base64url')
    .option('--dry-run', 'only count, and see that every entry can be opened')
    .option(...SERVER_OPTION)
    .addHelpText(
      'after',
      `
Example:
  (umask 077; openssl rand 32 | basenc --base64url > next)
  rastro vault rotate --next next --config rastro.yaml
  mv next keys/vault-secret

Interrupted, it is run again. The secret itself stays: pseudonyms derive from it.`,
    );
  handle<ServerOption & { next: string; dryRun?: boolean }>(
    rotate,
    async ({ terminal, dataDir }, { next, dryRun = false, config }) => {
      const folder =
        config === undefined
          ? dataDir
          : (await loadConfig({ file: config, environment: process.env })).config.keys.folder;
      const keys = await openKeys({ folder });
      const newKey = await nextVaultKey(next);
      const result = await withChosenStore(dataDir, config, (store, cluster) =>
        rotateVault(store, keys.vault, newKey, { dryRun, cluster }),
      );
      if (terminal.json) terminal.printJson(result);
      else {
        terminal.print(
          `${count(result.rotated)} of ${count(result.entries)} entries ${dryRun ? 'would be' : 'were'} sealed anew.`,
        );
        if (!dryRun) terminal.print(`Now put the secret in place: mv ${next} ${folder}/vault-secret`);
      }
      return EXIT.FINE;
    },
  );
}
