/**
 * An alert as plain text for a terminal: what an analyst needs in the first minutes of a review, in that order.
 */
import pico from 'picocolors';
import type { Alert } from '../../schemas/alert.ts';
import type { Lang, Localized } from '../../schemas/errors/define.ts';
import type { FeatureReading, PeerReading } from '../../schemas/signal.ts';
import type { TransactionLookup } from './evidence.ts';
import { valueText } from './indicators.ts';
import { pointsText } from './narrative.ts';
import {
  ACTION_LABELS,
  CHANGE_LABELS,
  CONFIDENCE_LABELS,
  LABELS,
  RESULT_LABELS,
  ROLE_LABELS,
  STATE_LABELS,
} from './render-labels.ts';
import { dateText, momentText, moneyText } from './text.ts';
import { LEVEL_NAMES } from './texts.ts';

export interface RenderOptions {
  /** Columns; texts are wrapped to it, table rows may be longer where an id is. */
  readonly width: number;
  readonly colour: boolean;
  /** Finds an evidence transaction, for time and amount; without it the evidence is listed by id. */
  readonly transactionOf?: TransactionLookup;
}

/** Rows of the longer lists; the rest is counted. */
export const SHOWN_EDGES = 12;
export const SHOWN_EVIDENCE = 12;
export const SHOWN_ENTRIES = 8;
const WIDTH_MIN = 40;
const INDENT = 2;
const GAP = 2;

type Colours = ReturnType<typeof pico.createColors>;

/** Breaks at spaces to `width`, every line indented. */
export function wrap(text: string, width: number, indent: number): string[] {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(/ +/)) {
      if (line !== '' && indent + line.length + 1 + word.length > width) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines.map((line) => (line === '' ? '' : ' '.repeat(indent) + line));
}

/** Columns padded to their widest cell; `right` marks the columns of numbers. The last column is not padded. */
export function table(rows: readonly (readonly string[])[], right: readonly boolean[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  return rows.map((row) => {
    const cells = row.map((cell, i) => {
      if (right[i]) return cell.padStart(widths[i] ?? 0);
      return i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0);
    });
    return (' '.repeat(INDENT) + cells.join(' '.repeat(GAP))).trimEnd();
  });
}

class Page {
  readonly #lines: string[] = [];
  readonly #lang: Lang;
  readonly #width: number;
  readonly #colours: Colours;

  constructor(lang: Lang, width: number, colours: Colours) {
    this.#lang = lang;
    this.#width = Math.max(width, WIDTH_MIN);
    this.#colours = colours;
  }

  say(text: Localized): string {
    return text[this.#lang];
  }

  heading(text: Localized): void {
    this.#lines.push('', this.#colours.bold(this.say(text)));
  }

  text(text: string, indent = INDENT): void {
    this.#lines.push(...wrap(text, this.#width, indent));
  }

  rows(rows: readonly (readonly string[])[], right: readonly boolean[] = []): void {
    if (rows.length > 0) this.#lines.push(...table(rows, right));
  }

  line(text: string): void {
    this.#lines.push(text);
  }

  /** Says how many entries a list leaves out. */
  more(total: number, shown: number): void {
    if (total > shown) this.line(`${' '.repeat(INDENT)}+ ${total - shown} ${this.say(LABELS.more)}`);
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

function head(page: Page, alert: Alert, lang: Lang, colours: Colours): void {
  const level = page.say(LEVEL_NAMES[alert.level]).toUpperCase();
  page.line(
    `${colours.bold(alert.typology)}  ${alert.level === 'high' ? colours.red(level) : colours.yellow(level)}  ` +
      `${page.say(LABELS.score)} ${pointsText(alert.scoreMilli, lang)}  ${page.say(LABELS.version)} ${alert.version}`,
  );
  page.line(page.say(alert.title));
  page.line(alert.id);
  page.line(
    `${page.say(LABELS.opened)} ${momentText(alert.openedAt)}, ${page.say(LABELS.asOf)} ${momentText(alert.eventTime)} (${page.say(LABELS.utc)})`,
  );
  if (alert.lifeSafety.flag)
    page.line(
      colours.red(
        `${page.say(LABELS.lifeSafety)}: ${alert.lifeSafety.reason === null ? '' : page.say(alert.lifeSafety.reason)}`,
      ),
    );
}

function who(page: Page, alert: Alert, colours: Colours): void {
  page.heading(LABELS.who);
  for (const party of alert.roles) {
    const confidence = `${page.say(LABELS.confidence)} ${page.say(CONFIDENCE_LABELS[party.confidence])}`;
    const shield = party.protected ? `  ${colours.green(page.say(LABELS.protected))}` : '';
    const bank = party.bank === null ? '' : `  @ ${party.bank}`;
    page.line(`  ${party.subject}${bank}  ${page.say(ROLE_LABELS[party.role])} (${confidence})${shield}`);
    for (const reason of party.reasons) page.text(`- ${page.say(reason)}`, 2 * INDENT);
  }
}

function score(page: Page, alert: Alert, lang: Lang): void {
  page.heading(LABELS.scoreParts);
  const rows = alert.scoreParts.map((part) => [
    pointsText(part.milli, lang),
    part.rule,
    part.family,
    part.milli < 0
      ? page.say(LABELS.benignPart)
      : `${part.weight} × ${part.strengthMilli} × ${part.freshnessMilli} × ${part.attributionMilli} ‰`,
    `${page.say(LABELS[part.via])}, ${part.observedOn}`,
  ]);
  page.rows([...rows, [pointsText(alert.scoreMilli, lang), page.say(LABELS.sum), '', '', '']], [true]);
  page.text(page.say(LABELS.formula));
}

function featureRow(feature: FeatureReading, lang: Lang): readonly string[] {
  const asked =
    feature.threshold === undefined
      ? ''
      : `${feature.operator ?? ''} ${valueText(feature.threshold, feature.unit, null, lang)}`.trim();
  return ['', feature.name, valueText(feature.value, feature.unit, null, lang), asked];
}

/** Which quantile of whom, of which day and of how many accounts. */
function peersText(page: Page, reading: PeerReading, lang: Lang): string {
  const { table, quantileMilli, group, value, unit, day, accounts } = reading;
  const bar = `${page.say(LABELS.peers)} ${table}.p${quantileMilli}`;
  if (day === null) return `${bar}: ${page.say(LABELS.noPeers)}`;
  const whom = `${accounts} ${page.say(LABELS.accountsOn)} ${day}, ${group?.join(', ')}`;
  return `${bar}: ${valueText(value, unit, null, lang)} (${whom})`;
}

function indicators(page: Page, alert: Alert, lang: Lang): void {
  page.heading(LABELS.indicators);
  const heading = ['', '', page.say(LABELS.value), page.say(LABELS.threshold)];
  for (const indicator of alert.indicators) {
    const on = indicator.observedOn === undefined ? '' : `  ${indicator.observedOn}`;
    page.text(
      `${page.say(STATE_LABELS[indicator.state])}: ${indicator.rule} ${page.say(indicator.title)}${on}`,
    );
    const missing = indicator.missingFields ?? [];
    if (missing.length > 0) page.text(`${page.say(LABELS.missing)}: ${missing.join(', ')}`, 2 * INDENT);
    const features = indicator.features ?? [];
    if (features.length > 0)
      page.rows([heading, ...features.map((f) => featureRow(f, lang))], [false, false, true]);
    for (const peers of indicator.peers ?? []) page.text(peersText(page, peers, lang), 2 * INDENT);
  }
}

function money(page: Page, alert: Alert, lang: Lang): void {
  page.heading(LABELS.money);
  for (const total of alert.totals) {
    const amount = (minor: string) => moneyText(BigInt(minor), total.ccy, lang);
    page.rows(
      [
        [page.say(LABELS.in), amount(total.inMinor)],
        [page.say(LABELS.out), amount(total.outMinor)],
        [page.say(LABELS.cash), amount(total.cashMinor)],
        [page.say(LABELS.net), amount(total.netToSubjectMinor)],
      ],
      [false, true],
    );
  }
  for (const { ccy, minor, asOf } of alert.reachable)
    page.text(`${page.say(LABELS.reachable)}: ${moneyText(BigInt(minor), ccy, lang)} (${dateText(asOf)})`);
  page.heading(LABELS.flows);
  page.rows(
    alert.edges
      .slice(0, SHOWN_EDGES)
      .map((edge) => [
        moneyText(BigInt(edge.amountMinor), edge.ccy, lang),
        `${edge.count}×`,
        edge.kind,
        `${edge.from} -> ${edge.to}`,
        `${dateText(edge.firstAt)} .. ${dateText(edge.lastAt)}`,
      ]),
    [true, true],
  );
  page.more(alert.edges.length, SHOWN_EDGES);
}

function evidence(page: Page, alert: Alert, lang: Lang, transactionOf: TransactionLookup | undefined): void {
  page.heading(LABELS.timeline);
  page.text(`${alert.evidence.count} ${page.say(LABELS.transactions)}`);
  const refs = alert.transactions.slice(0, SHOWN_EVIDENCE);
  page.rows(
    refs.map((ref) => {
      const row = transactionOf?.(ref);
      const id = `${ref.institution} ${ref.id} v${ref.version}`;
      if (row === undefined) return ['', '', '', id];
      const amount = moneyText(BigInt(row.stamp.amountMinor), row.stamp.ccy, lang);
      return [momentText(row.stamp.eventTime), amount, row.kind, id];
    }),
    [false, true],
  );
  page.more(alert.evidence.count, refs.length);
}

function steps(page: Page, alert: Alert): void {
  page.heading(LABELS.steps);
  for (const action of alert.actions.slice(0, SHOWN_ENTRIES))
    page.text(`- ${page.say(ACTION_LABELS[action.kind])} (${action.on}): ${page.say(action.why)}`);
  page.more(alert.actions.length, SHOWN_ENTRIES);
  const entries = (heading: Localized, lines: readonly string[]) => {
    if (lines.length === 0) return;
    page.heading(heading);
    for (const line of lines.slice(0, SHOWN_ENTRIES)) page.text(`- ${line}`);
    page.more(lines.length, SHOWN_ENTRIES);
  };
  entries(
    LABELS.perishables,
    alert.perishables.map(
      (entry) => `${dateText(entry.expiresAt)}  ${page.say(entry.what)} (${entry.where})`,
    ),
  );
  entries(
    LABELS.asks,
    alert.asks.map(
      (ask) => `${ask.to}: ${page.say(ask.what)} (${dateText(ask.from)} .. ${dateText(ask.until)})`,
    ),
  );
  entries(
    LABELS.routing,
    alert.routing.map((r) => `${r.country}: ${page.say(r.authority)}. ${page.say(r.why)}`),
  );
  entries(
    LABELS.clocks,
    alert.clocks.map(
      (clock) =>
        `${clock.country}  ${page.say(LABELS.due)} ${momentText(clock.due)}  ${clock.law}` +
        (clock.verified ? '' : ` (${page.say(LABELS.unverified)})`),
    ),
  );
}

function changeRow({ what, from, to }: Alert['changes'][number], lang: Lang): readonly string[] {
  const [field = what, ccy = ''] = what.split('.');
  const label = CHANGE_LABELS[field]?.[lang] ?? field;
  const value = (text: string | null) => {
    if (text === null) return '-';
    if (field === 'scoreMilli') return pointsText(Number(text), lang);
    if (field === 'netToSubjectMinor') return moneyText(BigInt(text), ccy, lang);
    if (field === 'level') return LEVEL_NAMES[text as Alert['level']][lang];
    if (field === 'lifeSafety') return valueText(text === 'true', undefined, null, lang);
    if (field !== 'party') return text;
    const [subject = '', role = ''] = text.split(' ');
    return `${subject} (${ROLE_LABELS[role as Alert['roles'][number]['role']][lang]})`;
  };
  return [label, value(from), '->', value(to)];
}

/** The whole alert in one language, ending with a newline. */
export function renderAlert(alert: Alert, lang: Lang, options: RenderOptions): string {
  const colours = pico.createColors(options.colour);
  const page = new Page(lang, options.width, colours);
  head(page, alert, lang, colours);
  page.heading(LABELS.why);
  page.text(page.say(alert.why));
  if (alert.changes.length > 0) {
    page.heading(LABELS.changes);
    page.rows(alert.changes.slice(0, SHOWN_ENTRIES).map((change) => changeRow(change, lang)));
    page.more(alert.changes.length, SHOWN_ENTRIES);
  }
  who(page, alert, colours);
  score(page, alert, lang);
  indicators(page, alert, lang);
  if (alert.benignTests.length > 0) {
    page.heading(LABELS.benign);
    for (const test of alert.benignTests)
      page.text(
        `- ${page.say(RESULT_LABELS[test.result])}: ${page.say(test.note)} (${test.rule} ${test.id})`,
      );
  }
  money(page, alert, lang);
  evidence(page, alert, lang, options.transactionOf);
  page.heading(LABELS.narrative);
  page.text(page.say(alert.narrative));
  page.heading(LABELS.notSeen);
  for (const gap of alert.dataGaps) page.text(`- ${page.say(gap)}`);
  steps(page, alert);
  return page.toString();
}
