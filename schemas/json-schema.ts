/** JSON Schema of every contract, generated from its zod type: for editors, banks and the API. */
import { z } from 'zod';
import { alert } from './alert.ts';
import { compositeFile } from './composite.ts';
import { mapping } from './mapping.ts';
import { partyRecord, partyRecordInput } from './party.ts';
import { peerFile } from './peers.ts';
import { ruleFile } from './rule.ts';
import { signal } from './signal.ts';
import { transaction, transactionInput } from './transaction.ts';

const CONTRACTS = {
  'transaction-input': { type: transactionInput, note: 'A canonical transaction as a feed hands it in' },
  transaction: { type: transaction, note: 'The same inside: pseudonyms, minor units, stamps' },
  'party-input': { type: partyRecordInput, note: 'A line of a party file' },
  party: { type: partyRecord, note: 'The same inside' },
  signal: { type: signal, note: 'One rule true for one subject' },
  alert: { type: alert, note: 'What an analyst reads' },
  rule: { type: ruleFile, note: 'A rule file' },
  peers: { type: peerFile, note: 'What is measured of accounts, for rules that compare with peers' },
  composite: { type: compositeFile, note: 'A composite typology' },
  mapping: { type: mapping, note: "How a bank's file becomes canonical rows" },
} as const;

export type ContractName = keyof typeof CONTRACTS;
export const CONTRACT_NAMES = Object.keys(CONTRACTS) as ContractName[];

/** One line on what a contract is. */
export function contractNote(name: ContractName): string {
  return CONTRACTS[name].note;
}

/** JSON Schema (draft 2020-12) of what may be written: defaults are optional, unknown keys are refused. */
export function jsonSchemaOf(name: ContractName): Record<string, unknown> {
  const schema = z.toJSONSchema(CONTRACTS[name].type, { io: 'input' });
  return { ...schema, title: `rastro ${name}`, description: CONTRACTS[name].note };
}
