/** One parameter of one rule over a range of values, and the curve of what the rule says. */
import { parseDocument } from 'yaml';
import { RastroError } from '../../schemas/errors/index.ts';
import { compileKnowledge, type Knowledge } from '../workspace/knowledge.ts';
import { nearestFirst } from './known-names.ts';
import type { TruthFigures } from './truth-match.ts';

export interface SweepPoint {
  readonly value: number;
  readonly signals: number;
  readonly holders: number;
  readonly perThousandAccounts: number | null;
  /** Null without a truth file. */
  readonly truth: TruthFigures | null;
}

/** `steps` values from the first to the last; whole numbers where the parameter is one. Equal ones come once. */
export function sweepValues(from: number, to: number, steps: number, isWhole: boolean): number[] {
  const values = Array.from({ length: steps }, (_, i) => {
    const value = steps === 1 ? from : from + ((to - from) * i) / (steps - 1);
    return isWhole ? Math.round(value) : Number(value.toPrecision(12));
  });
  return [...new Set(values)];
}

/** The values with the one that stands in the rule, where it lies between them: what a change is measured against. */
export function withNow(values: readonly number[], now: number): number[] {
  const [first = now, last = now] = [values[0], values.at(-1)];
  if (values.includes(now) || (now - first) * (now - last) > 0) return [...values];
  return [...values, now].sort((a, b) => (first <= last ? a - b : b - a));
}

/** The value that stands in the rule. @throws RastroError RAS-CLI-UNKNOWN-NAME on a parameter that is no number of the rule's own */
export function numberIn(knowledge: Knowledge, rule: string, param: string): number {
  const params = knowledge.ruleSet.rules.find(({ id }) => id === rule)?.file.params ?? {};
  const numbers = Object.entries(params).flatMap(([name, each]) =>
    'value' in each && typeof each.value === 'number' ? [[name, each.value] as const] : [],
  );
  const found = numbers.find(([name]) => name === param);
  if (found === undefined)
    throw new RastroError('RAS-CLI-UNKNOWN-NAME', {
      what: `number of ${rule}`,
      name: param,
      known: nearestFirst(
        param,
        numbers.map(([name]) => name),
      )
        .map((name) => `${name} (${new Map(numbers).get(name)})`)
        .join(', '),
    });
  return found[1];
}

/** The same rules with another value of the parameter. */
export function withValue(knowledge: Knowledge, rule: string, param: string, value: number): Knowledge {
  const { path } = knowledge.ruleSet.rules.find(({ id }) => id === rule) ?? { path: '' };
  const file = Object.keys(knowledge.files.texts).find((name) => path.endsWith(name));
  if (file === undefined) throw new Error(`no file of ${rule}`);
  const document = parseDocument(knowledge.files.texts[file] as string);
  document.setIn(['params', param, 'value'], value);
  const text = document.toString({ lineWidth: 0 });
  return compileKnowledge({ ...knowledge.files, texts: { ...knowledge.files.texts, [file]: text } });
}

const WIDTH = 720;
const HEIGHT = 360;
const MARGIN = 56;
/** Pixels that the text of a value takes on the axis; what would lie closer to the one before it is left out. */
const TICK_WIDTH = 44;

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Values written under the axis: both ends, and those between that have room. */
function ticksOf(
  points: readonly SweepPoint[],
  x: (value: number) => number,
): { at: number; text: string }[] {
  const all = points.map(({ value }) => ({ at: x(value), text: String(value) }));
  const last = all.at(-1);
  const kept: { at: number; text: string }[] = [];
  for (const tick of all) {
    const before = kept.at(-1);
    const isFree = before === undefined || Math.abs(tick.at - before.at) >= TICK_WIDTH;
    const isBeforeLast = tick === last || Math.abs(tick.at - (last?.at ?? 0)) >= TICK_WIDTH;
    if (tick === last || (isFree && isBeforeLast)) kept.push(tick);
  }
  return kept;
}

/** The curve as an SVG file that needs nothing beside it: no script, no font, no style sheet. */
export function sweepSvg(
  points: readonly SweepPoint[],
  about: { readonly rule: string; readonly param: string; readonly now: number },
): string {
  const [low, high] = [points[0]?.value ?? 0, points.at(-1)?.value ?? 1];
  const most = Math.max(1, ...points.map(({ signals }) => signals));
  const x = (value: number) => MARGIN + ((WIDTH - 2 * MARGIN) * (value - low)) / (high - low || 1);
  const y = (share: number) => HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share;
  const line = (shareOf: (point: SweepPoint) => number) =>
    points.map((point) => `${x(point.value).toFixed(1)},${y(shareOf(point)).toFixed(1)}`).join(' ');
  const withTruth = points.every(({ truth }) => truth !== null);
  const found = ({ truth }: SweepPoint) =>
    truth === null || truth.cases === 0 ? 0 : truth.found / truth.cases;
  const label = (at: [number, number], text: string, anchor = 'middle', colour = '#333') =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" text-anchor="${anchor}" fill="${colour}">${escaped(text)}</text>`;
  const { rule, param, now } = about;
  const marks = points.map(
    (point) =>
      `<circle cx="${x(point.value).toFixed(1)}" cy="${y(point.signals / most).toFixed(1)}" r="3" fill="#1f5fa8"><title>${param} ${point.value}: ${point.signals} signals</title></circle>`,
  );
  const isInside = (now - low) * (now - high) <= 0;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12" role="img">`,
    `<title>${escaped(`${rule}: signals by ${param}`)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    label([WIDTH / 2, 24], `${rule}: ${param} from ${low} to ${high}`),
    `<path d="M${MARGIN} ${MARGIN}V${HEIGHT - MARGIN}H${WIDTH - MARGIN}" fill="none" stroke="#888"/>`,
    ...[0.25, 0.5, 0.75, 1].map(
      (share) =>
        `<path d="M${MARGIN} ${y(share).toFixed(1)}H${WIDTH - MARGIN}" stroke="#e4e4e4" fill="none"/>`,
    ),
    ...(isInside
      ? [
          `<path d="M${x(now).toFixed(1)} ${MARGIN}V${HEIGHT - MARGIN}" stroke="#999" stroke-dasharray="4 4"/>`,
          label([x(now), MARGIN - 8], `now ${now}`, 'middle', '#666'),
        ]
      : []),
    ...ticksOf(points, x).map(({ at, text }) => label([at, HEIGHT - MARGIN + 18], text)),
    label([WIDTH / 2, HEIGHT - 10], param),
    label([MARGIN - 6, y(1) + 4], String(most), 'end', '#1f5fa8'),
    label([MARGIN - 6, y(0) + 4], '0', 'end', '#1f5fa8'),
    label([MARGIN, HEIGHT - 10], 'signals', 'start', '#1f5fa8'),
    `<polyline points="${line(({ signals }) => signals / most)}" fill="none" stroke="#1f5fa8" stroke-width="2"/>`,
    ...marks,
    ...(withTruth
      ? [
          `<polyline points="${line(found)}" fill="none" stroke="#b5482a" stroke-width="2" stroke-dasharray="6 3"/>`,
          label([WIDTH - MARGIN + 6, y(1) + 4], '100 %', 'start', '#b5482a'),
          label([WIDTH - MARGIN, HEIGHT - 10], 'synthetic cases found', 'end', '#b5482a'),
        ]
      : []),
    '</svg>',
    '',
  ].join('\n');
}
