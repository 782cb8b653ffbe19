/**
 * `rastro feed map`: a mapping proposed from a header and some rows. It writes YAML for a person to finish: every guess
 * says how sure it is and what it rests on, and what nobody could guess stands as a question. What is certain enough runs
 * as it is, so that `feed check` with the proposal is the next step.
 */
import { Document, type Pair, type Scalar, visit } from 'yaml';
import { CHANNELS } from '../../schemas/enumerations.ts';
import type { AmountSpec } from '../../schemas/mapping.ts';
import { exponentOf } from '../../schemas/money.ts';
import { type ColumnRole, foldHeader, HEADER_WORDS } from './header-words.ts';
import { INDICATORS, KIND_WORDS, TRANSFER } from './type-words.ts';
import {
  amountFormsOf,
  codesOf,
  hasTimeOfDay,
  isNegativeSomewhere,
  looksLikeClabe,
  needsZone,
  timeFormatsOf,
} from './value-shape.ts';

/** Codes of a type column that a proposal lists one by one. */
const CODES_MAX = 40;

export interface ProposalInput {
  /** Of the proposed mapping; lower case letters, digits and dashes. */
  readonly id: string;
  readonly header: readonly string[];
  /** A few hundred rows are enough. */
  readonly rows: readonly (readonly string[])[];
  readonly delimiter?: string;
  readonly encoding?: 'utf-8' | 'latin1' | 'cp1252';
}

export type Confidence = 'high' | 'medium' | 'low';

export interface ProposedField {
  readonly path: string;
  readonly column: string;
  readonly confidence: Confidence;
}

export interface Proposal {
  readonly yaml: string;
  readonly fields: readonly ProposedField[];
  /** Columns that play no role in it. */
  readonly unused: readonly string[];
  /** What a person must decide before rows can be trusted. */
  readonly questions: readonly string[];
}

interface Column {
  readonly name: string;
  readonly values: readonly string[];
}

class Proposer {
  readonly #input: ProposalInput;
  /** Columns as a mapping must call them: `Account#2` for the second of a name. */
  readonly #names: string[] = [];
  readonly #roles = new Map<ColumnRole, Column>();
  readonly #used = new Set<string>();
  readonly #fields: ProposedField[] = [];
  readonly #body: Record<string, unknown> = {};
  readonly #notes = new Map<string, string>();
  readonly #questions: string[] = [];

  constructor(input: ProposalInput) {
    this.#input = input;
    const words = new Map(
      HEADER_WORDS.flatMap(([role, names]) => names.map((name) => [name, role] as const)),
    );
    const folded = input.header.map(foldHeader);
    input.header.forEach((written, index) => {
      const twins = folded.flatMap((name, at) => (name === folded[index] ? [at] : []));
      const name = twins.length > 1 ? `${written.trim()}#${twins.indexOf(index) + 1}` : written.trim();
      this.#names.push(name);
      let role = words.get(folded[index] ?? '');
      // Two columns called "account" and nothing else: the one that pays stands first.
      if (role === 'ownAccount' && twins.length === 2) role = index === twins[0] ? 'from' : 'to';
      if (role === undefined || this.#roles.has(role)) return;
      this.#roles.set(role, { name, values: input.rows.map((row) => row[index] ?? '') });
    });
  }

  #ask(question: string): void {
    this.#questions.push(question);
  }

  #take(role: ColumnRole): Column | undefined {
    const column = this.#roles.get(role);
    if (column !== undefined) this.#used.add(column.name);
    return column;
  }

  #put(path: string, spec: Record<string, unknown>, column: string, confidence: Confidence, note = ''): void {
    this.#body[path] = spec;
    this.#fields.push({ path, column, confidence });
    this.#notes.set(path, note === '' ? confidence : `${confidence}: ${note}`);
  }

  #constant(path: string, value: string, note: string): void {
    this.#body[path] = { const: value };
    this.#notes.set(path, note);
  }

  #identity(): void {
    const id = this.#take('id');
    if (id === undefined) return;
    const filled = id.values.filter((value) => value.trim() !== '');
    const isUnique = filled.length === id.values.length && new Set(filled).size === filled.length;
    if (isUnique) this.#put('id', { column: id.name }, id.name, 'high', 'all different in the sample');
    else this.#used.delete(id.name);
  }

  #time(): { precision: string } {
    const stamp = this.#roles.get('dateTime');
    const day = this.#roles.get('date');
    const clock = this.#roles.get('time');
    const whole = stamp ?? day;
    let precision = 'day';
    if (whole !== undefined) {
      this.#take(stamp === undefined ? 'date' : 'dateTime');
      const formats = timeFormatsOf(whole.values);
      const [first] = formats;
      const clocks = clock === undefined ? [] : timeFormatsOf(clock.values);
      if (first === undefined)
        this.#ask(`which date form does "${whole.name}" have? Put it under time.formats.`);
      const isOpen =
        first !== undefined && formats.some((other) => /^dd?\W/.test(first) && /^MM?\W/.test(other));
      if (isOpen) this.#ask(`is "${whole.name}" day/month (assumed) or month/day? The sample fits both.`);
      let spec: Record<string, unknown> = { column: whole.name };
      let form = first ?? 'yyyy-MM-dd';
      if (!hasTimeOfDay(form) && clock !== undefined && clocks[0] !== undefined) {
        this.#take('time');
        spec = { columns: [whole.name, clock.name] };
        form = `${form} ${clocks[0]}`;
      }
      if (hasTimeOfDay(form)) precision = /ss|iso/.test(form) ? 'second' : 'minute';
      const time: Record<string, unknown> = { formats: [form] };
      if (needsZone(form)) {
        Object.assign(time, { zone: 'America/Mexico_City', overlap: 'earlier' });
        this.#ask('in which time zone are the times? America/Mexico_City is only a placeholder.');
      }
      const confidence = first === undefined ? 'low' : isOpen ? 'medium' : 'high';
      this.#put('occurredAt', { ...spec, time }, whole.name, confidence, form);
    } else this.#ask('no column looks like a date: map occurredAt, postedAt or valueDate.');
    const value = this.#take('valueDate');
    const form = value === undefined ? undefined : timeFormatsOf(value.values)[0];
    if (value !== undefined && form !== undefined) {
      this.#put('valueDate', { column: value.name, time: { formats: [form] } }, value.name, 'medium', form);
    }
    return { precision };
  }

  #amountForm(column: Column, sign: AmountSpec['sign']): Record<string, unknown> {
    const [form, ...others] = amountFormsOf(column.values);
    if (form === undefined) {
      this.#ask(`how does "${column.name}" write its amounts? Set amount.decimal and amount.thousands.`);
      return { sign };
    }
    if (
      others.some((other) => other.decimal !== form.decimal) &&
      column.values.some((value) => /[.,]/.test(value))
    ) {
      this.#ask(`is "${form.decimal}" the decimal mark of "${column.name}"? The sample fits both marks.`);
    }
    const spec: Record<string, unknown> = {};
    if (form.decimal !== '.') spec['decimal'] = form.decimal;
    if (form.thousands !== '') spec['thousands'] = form.thousands;
    if (sign !== 'none') spec['sign'] = sign;
    return spec;
  }

  /** The amount and, for a statement, which side its account is on. */
  #money(): Record<string, unknown> | null {
    const amount = this.#roles.get('amount');
    const debit = this.#roles.get('debit');
    const credit = this.#roles.get('credit');
    const indicator = this.#roles.get('indicator');
    let direction: Record<string, unknown> | null = null;
    if (debit !== undefined && credit !== undefined) {
      this.#take('debit');
      this.#take('credit');
      direction = { debit: debit.name, credit: credit.name };
      const spec = this.#amountForm(
        { name: debit.name, values: [...debit.values, ...credit.values] },
        'drop',
      );
      const sides = { debit: debit.name, credit: credit.name };
      this.#put(
        'settled.amount',
        { byDirection: sides, amount: spec },
        `${debit.name}, ${credit.name}`,
        'high',
      );
    } else if (amount !== undefined) {
      this.#take('amount');
      const codes = indicator === undefined ? null : codesOf(indicator.values, 8);
      const of = (known: readonly string[]): string[] =>
        (codes ?? []).filter((code) => known.includes(code.toUpperCase()));
      const sides = { debit: of(INDICATORS.debit), credit: of(INDICATORS.credit) };
      if (indicator !== undefined && sides.debit.length > 0 && sides.credit.length > 0) {
        this.#take('indicator');
        direction = { column: indicator.name, ...sides };
      } else if (isNegativeSomewhere(amount.values)) direction = { sign: amount.name };
      const spec = this.#amountForm(amount, direction === null ? 'none' : 'drop');
      this.#put('settled.amount', { column: amount.name, amount: spec }, amount.name, 'high');
    } else this.#ask('no column looks like an amount: map settled.amount.');

    const currency = this.#take('currency');
    const known = currency === undefined ? null : codesOf(currency.values, 64);
    if (currency !== undefined && known?.every((code) => exponentOf(code) !== null)) {
      this.#put('settled.ccy', { column: currency.name }, currency.name, 'high');
    } else {
      this.#constant('settled.ccy', 'MXN', 'low: no column with currency codes');
      this.#ask('which currency is it? MXN is only a placeholder.');
    }
    return direction;
  }

  #parties(direction: Record<string, unknown> | null): void {
    const side = (path: string, column: Column | undefined, confidence: Confidence): void => {
      if (column === undefined) return;
      this.#used.add(column.name);
      const isClabe = looksLikeClabe(column.values);
      this.#constant(
        `${path}.account.scheme`,
        isClabe ? 'clabe' : 'none',
        isClabe ? 'high: check digits fit' : 'low',
      );
      const spec = isClabe
        ? { column: column.name, transforms: ['digits'], check: 'clabe' }
        : { column: column.name };
      this.#put(`${path}.account.token`, spec, column.name, confidence);
    };
    const bank = (path: string, column: Column | undefined): void => {
      if (column === undefined || this.#body[`${path}.account.token`] === undefined) return;
      this.#used.add(column.name);
      this.#put(`${path}.account.bank`, { column: column.name }, column.name, 'medium');
    };
    const from = this.#roles.get('from');
    const to = this.#roles.get('to');
    if (from !== undefined && to !== undefined) {
      const isGuess = from.name.endsWith('#1');
      if (isGuess) this.#ask(`does "${from.name}" pay and "${to.name}" receive?`);
      side('debtor', from, isGuess ? 'low' : 'high');
      side('creditor', to, isGuess ? 'low' : 'high');
      bank('debtor', this.#roles.get('fromBank'));
      bank('creditor', this.#roles.get('toBank'));
      return;
    }
    if (direction === null) {
      this.#ask(
        'which account does a row belong to, and on which side is it? Map debtor and creditor, or `direction`.',
      );
      return;
    }
    const own = this.#roles.get('ownAccount');
    side('own', own, 'high');
    if (own === undefined)
      this.#ask('which account is this statement of? Map own.account.token (a const will do).');
    side('other', this.#roles.get('otherAccount'), 'high');
    if (this.#roles.get('otherAccount') === undefined) {
      this.#ask(
        'no column names the other account: without one, rules about counterparties cannot be evaluated.',
      );
    }
    bank('other', this.#roles.get('otherBank'));
    const name = this.#take('otherName');
    if (name !== undefined) this.#put('other.name', { column: name.name }, name.name, 'medium');
  }

  #kind(): unknown[] {
    const type = this.#roles.get('type');
    const codes = type === undefined ? null : codesOf(type.values, CODES_MAX);
    if (type === undefined || codes === null || codes.length === 0) {
      for (const [path, value] of Object.entries(TRANSFER))
        this.#constant(path, value, 'low: no type column');
      this.#ask('what kind of movement is each row? All are called transfers for now.');
      return [];
    }
    this.#take('type');
    const rows = codes.map((code) => {
      const fits = KIND_WORDS.find(([word]) => word.test(code));
      if (fits === undefined) this.#ask(`what is the type "${code}"? It is called a transfer for now.`);
      return [code, { ...(fits?.[1] ?? TRANSFER) }];
    });
    this.#fields.push({ path: 'kind, rail, channel, instrument', column: type.name, confidence: 'low' });
    this.#ask('types that are not in the table are rejected: complete it.');
    return [{ column: type.name, rows: Object.fromEntries(rows) }];
  }

  #rest(direction: Record<string, unknown> | null): void {
    const text = this.#take('text');
    if (text !== undefined) this.#put('purposeText', { column: text.name }, text.name, 'high');
    const reference = this.#take('reference');
    if (reference !== undefined) {
      const path =
        foldHeader(reference.name) === 'clave de rastreo' ? 'refs.speiClaveRastreo' : 'refs.endToEndId';
      this.#put(path, { column: reference.name }, reference.name, 'low', 'is it the same at both banks?');
    }
    const balance = this.#roles.get('balance');
    if (balance !== undefined && direction !== null) {
      this.#take('balance');
      const amount = this.#amountForm(balance, 'keep');
      this.#put('balanceAfter.amount', { column: balance.name, amount }, balance.name, 'medium');
      this.#body['balanceAfter.ccy'] = { ...(this.#body['settled.ccy'] as object) };
    }
    const mcc = this.#roles.get('mcc');
    if (mcc?.values.every((value) => /^(\d{4})?$/.test(value.trim()))) {
      this.#take('mcc');
      this.#put('card.mcc', { column: mcc.name }, mcc.name, 'high');
    }
    const terminal = this.#take('terminal');
    if (terminal !== undefined) this.#put('terminal.id', { column: terminal.name }, terminal.name, 'medium');
    const channel = this.#roles.get('channel');
    const channels = channel === undefined ? null : codesOf(channel.values, CODES_MAX);
    if (channel !== undefined && channels?.every((code) => (CHANNELS as readonly string[]).includes(code))) {
      if (this.#body['channel'] !== undefined) {
        this.#take('channel');
        this.#put('channel', { column: channel.name }, channel.name, 'high');
      }
    }
  }

  propose(): Proposal {
    this.#identity();
    const { precision } = this.#time();
    const direction = this.#money();
    const tables = this.#kind();
    this.#parties(direction);
    this.#rest(direction);
    const institution = this.#take('institution');
    if (institution === undefined)
      this.#ask('who submits the file? Give --institution, or put institution: {const: ...}.');
    this.#ask(
      'what does the feed show of an account? Set `coverage`; full_account only if no movement is missing.',
    );

    const document = new Document({
      id: this.#input.id,
      version: 1,
      source: {
        format: 'csv',
        ...(this.#input.encoding === undefined ? {} : { encoding: this.#input.encoding }),
        ...(this.#input.delimiter === undefined ? {} : { delimiter: this.#input.delimiter }),
      },
      institution: institution === undefined ? { given: true } : { column: institution.name },
      ...(this.#body['id'] === undefined ? { idFrom: 'content' } : {}),
      precision,
      ...(direction === null ? {} : { direction }),
      ...(tables.length === 0 ? {} : { tables }),
      fields: this.#body,
    });
    const unused = this.#names.filter((name) => !this.#used.has(name));
    document.commentBefore = [
      ' Proposed from the header and a sample; check it with `rastro feed check FILE --mapping THIS`.',
      ' To decide:',
      ...this.#questions.map((question) => `   - ${question}`),
      ...(unused.length === 0 ? [] : [` Columns not read: ${unused.join(', ')}`]),
    ].join('\n');
    this.#annotate(document);
    return {
      yaml: document.toString({ lineWidth: 0 }),
      fields: this.#fields,
      unused,
      questions: this.#questions,
    };
  }

  /** How sure each field is, as a comment behind it. */
  #annotate(document: Document): void {
    visit(document, {
      Pair: (_key, pair, path) => {
        const key = (pair as Pair<Scalar, { flow?: boolean; comment?: string }>).key;
        const parent = path.at(-2) as Pair<Scalar> | undefined;
        if (parent?.key?.value !== 'fields' || typeof key?.value !== 'string') return undefined;
        const value = (pair as Pair<Scalar, { flow?: boolean; comment?: string }>).value;
        if (value === null) return undefined;
        value.flow = true;
        const note = this.#notes.get(key.value);
        if (note !== undefined) value.comment = ` ${note}`;
        return visit.SKIP;
      },
    });
  }
}

/** Proposes; pure: the same header and rows give the same text. */
export function proposeMapping(input: ProposalInput): Proposal {
  return new Proposer(input).propose();
}
