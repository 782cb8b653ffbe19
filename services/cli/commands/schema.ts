/** `rastro schema [name]`: the JSON Schema of a contract, for editors and for whoever writes a feed. */
import type { Command } from 'commander';
import { RastroError } from '../../../schemas/errors/index.ts';
import {
  CONTRACT_NAMES,
  type ContractName,
  contractNote,
  jsonSchemaOf,
} from '../../../schemas/json-schema.ts';
import { nearestFirst } from '../../workbench/known-names.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { tableText } from '../terminal.ts';

export function addSchema(program: Command): void {
  const command = program
    .command('schema [name]')
    .description('print the JSON Schema of a contract; without a name, list the contracts')
    .addHelpText('after', '\nExamples:\n  rastro schema\n  rastro schema rule > rule.schema.json');
  handle(command, async ({ terminal }, _options, [name]) => {
    if (name !== undefined) {
      if (!(CONTRACT_NAMES as readonly string[]).includes(name)) {
        throw new RastroError('RAS-CLI-UNKNOWN-NAME', {
          what: 'contract',
          name,
          known: nearestFirst(name, CONTRACT_NAMES).join(', '),
        });
      }
      terminal.printJson(jsonSchemaOf(name as ContractName));
      return EXIT.FINE;
    }
    const rows = CONTRACT_NAMES.map((contract) => ({ name: contract, what: contractNote(contract) }));
    if (terminal.json) terminal.printJson(rows);
    else
      terminal.print(
        tableText(
          rows,
          [
            { title: 'name', value: (row) => row.name },
            { title: 'what', value: (row) => row.what },
          ],
          terminal,
        ),
      );
    return EXIT.FINE;
  });
}
