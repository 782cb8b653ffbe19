/** What can happen in the simulated world, before anybody reports it. Amounts are minor units, times UTC milliseconds. */
import type { Channel, Kind, Purpose, Rail, Relationship } from '../../schemas/enumerations.ts';
import type { PartyInput, TransactionInput } from '../../schemas/transaction.ts';
import type { Institution } from './institutions.ts';
import type { Account } from './people.ts';
import type { Town } from './places.ts';
import type { Zone } from './time.ts';

/** An account of the world, or somebody who banks where nobody submits. */
export type End = Account | PartyInput;

/** What a row may carry beside its movement: how a customer was logged in, whose loan, trip or line it was, why it failed. */
export type RowExtras = Partial<
  Pick<TransactionInput, 'loan' | 'travel' | 'telecom' | 'status' | 'statusReason'>
>;

export interface Conductor {
  readonly ref: string;
  readonly isHolder: boolean;
  readonly onBehalfOf?: string;
  readonly relationship?: Relationship;
}

export interface Transfer {
  readonly at: number;
  readonly from: End;
  readonly to: End;
  readonly amount: number;
  readonly ccy: string;
  readonly rail: Rail;
  readonly zone: Zone;
  readonly channel?: Channel;
  readonly kind?: Kind;
  readonly purpose?: Purpose;
  readonly purposeCode?: string;
  readonly text?: string;
  readonly payroll?: TransactionInput['payroll'];
  readonly extras?: RowExtras;
}

export interface Cash {
  readonly at: number;
  readonly account: Account;
  readonly amount: number;
  readonly ccy: string;
  readonly town: Town;
  readonly channel: 'branch' | 'atm' | 'correspondent' | 'night_drop';
  /** Number of the terminal, counter or outlet in its town. */
  readonly outlet: number;
  /** Default: the holder, where the channel knows who came. */
  readonly conductor?: Conductor;
  /** How many of each face value, where the counter counted them. */
  readonly counted?: readonly { readonly face: number; readonly coin: boolean; readonly count: number }[];
}

export interface Merchant {
  readonly id: string;
  readonly mcc: string;
  /** What the feed's own classifier makes of the descriptor. */
  readonly descriptorClass?: string;
  readonly town: Town;
  readonly view: PartyInput;
}

export interface Purchase {
  readonly at: number;
  readonly account: Account;
  readonly amount: number;
  readonly ccy: string;
  readonly merchant: Merchant;
  readonly present: boolean;
  readonly postedAfterMs: number;
  readonly declined?: boolean;
  readonly facilitator?: string;
  readonly nights?: number;
  readonly rooms?: number;
  readonly extras?: RowExtras;
}

export interface Remittance {
  readonly at: number;
  readonly operator: Institution;
  readonly sender: Account;
  readonly receiver: Account;
  readonly amount: number;
  readonly ccy: string;
  readonly from: Town;
  readonly to: Town;
  readonly sendAgent: number;
  readonly payAgent: number;
  readonly paidAt: number;
  readonly payout: 'cash' | 'account';
  readonly fundedBy: 'cash' | 'account' | 'card';
  readonly relationship?: Relationship;
  readonly purpose?: Purpose;
  readonly text?: string;
  /** Somebody else than the sender stood at the counter. */
  readonly conductor?: Conductor;
  readonly extras?: RowExtras;
}

export interface VirtualAsset {
  readonly at: number;
  readonly institution: Institution;
  readonly kind: 'va_buy' | 'va_sell' | 'va_transfer';
  readonly asset: string;
  readonly amount: number;
  readonly chain: string;
  readonly account?: { readonly side: 'debtor' | 'creditor'; readonly of: Account };
  readonly from?: string;
  readonly to?: string;
  readonly txHash?: string;
  readonly zone: Zone;
}
