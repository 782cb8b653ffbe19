/** The rows that streams are made of say what the cases of the rules say, field by field, and the rules answer the same. */
import { expect, test } from 'vitest';
import { createDetector } from '../../../pipelines/detect/detector.ts';
import { eventView } from '../../../pipelines/detect/event-view.ts';
import { membershipsOf, subjectKeyText } from '../../../pipelines/detect/subjects.ts';
import { PROVIDABLE } from '../../../pipelines/ingest/provided.ts';
import { contextOfCase, eventsOf, untilOf } from '../../../rules/compiler/cases.ts';
import { isEvaluated } from '../../../rules/compiler/checked-rule.ts';
import type { FieldValue } from '../../../schemas/event-fields.ts';
import { rowHash, rowOf, sketchesOf, subjectKeyOf } from '../../support/stream-transactions.ts';
import { keyOf, nameKey, type Setting } from '../../support/stream-values.ts';
import { loadCatalogue } from '../rules/catalogue/catalogue.ts';

const { rules, ruleSet, context } = await loadCatalogue();
const cases = rules
  .filter((rule) => rule.input === 'events' && isEvaluated(rule))
  .flatMap((rule) =>
    rule.subjects.flatMap((kind) => rule.file.cases.map((given) => ({ rule, kind, given }))),
  );
const label = cases.map((one) => [`${one.rule.id}, ${one.kind}: ${one.given.name}`, one] as const);

const SCOPE = 'scope';
const PROVIDED = new Set(PROVIDABLE);
/** Fields whose value in a case is somebody's name. */
const NAMES: ReadonlySet<string> = new Set([
  'holder',
  'counterparty',
  'conductor',
  'terminal',
  'source',
  'merchant',
  'cardToken',
  'employer',
  'employee',
  'loanContract',
  'passenger',
  'bookedBy',
  'toppedUp',
  'device',
  'ip',
  'kiosk',
  'walletFrom',
  'walletTo',
  'beneficiary',
  'onBehalfOf',
  'staff',
]);
const settingOf = (kind: Setting['kind']): Setting => ({
  kind,
  subject: 'subject',
  scope: SCOPE,
  isNamed: true,
});

test.each(label.filter(([, { rule, kind }]) => kind === rule.subjects[0]))('%s', (_label, one) => {
  const { rule, kind, given } = one;
  const setting = settingOf(kind);
  const sketches = sketchesOf(rule, given);
  const differing: string[] = [];
  eventsOf(rule, given).forEach((event, i) => {
    const tx = rowOf(sketches[i]!, setting);
    const membership = membershipsOf(tx, new Set([kind]))
      .filter((found) => subjectKeyText(found.kind, found.key) === subjectKeyOf(setting))
      .at(0);
    // A transfer between one's own accounts is no event of the holder.
    if (membership === undefined && kind === 'holder' && event.fields['isOwn'] === true) return;
    expect(membership, JSON.stringify(tx)).toBeDefined();
    const view = eventView({ tx, subjectKind: kind, side: membership!.side, provided: PROVIDED });
    for (const name of rule.fieldsRead) {
      if (name === 'time' || name === 'pairAgeMs' || name === 'pairOrdinal') continue;
      const wanted = event.fields[name] as FieldValue;
      // Whatever a case calls the other side of an own transfer, it is the holder.
      if (event.fields['isOwn'] === true && (name === 'counterparty' || name === 'source')) continue;
      const isNamed = NAMES.has(name) && typeof wanted === 'string';
      const isOwner = kind === 'account' || kind === 'holder';
      const isHolder = isOwner && isNamed && wanted === event.fields['holder'];
      const key = isHolder ? keyOf('par', setting.subject) : isNamed ? nameKey(SCOPE, wanted) : wanted;
      // A listed exchange on the other side stands in the lists of the row too.
      const all = view.fields[name];
      const shown =
        name === 'placeLists' ? (all as string[]).filter((list) => !/listed_vasp$/.test(list)) : all;
      if (JSON.stringify(shown) !== JSON.stringify(key))
        differing.push(`${event.id} ${name}: ${JSON.stringify(shown)} for ${JSON.stringify(wanted)}`);
    }
  });
  expect(differing).toEqual([]);
});

test.each(label)('%s: fires as the case says, through the detector', (_label, { rule, kind, given }) => {
  const setting = settingOf(kind);
  const detector = createDetector({
    ruleSet,
    evaluation: contextOfCase(context, given),
    providedBy: () => PROVIDED,
  });
  const sketches = sketchesOf(rule, given);
  const rows = sketches.map((sketch) => rowOf(sketch, setting));
  const untilMs = untilOf(given);
  if (untilMs !== undefined) {
    // The world goes on as long as the case says: somebody else moves money then.
    const [first] = sketches;
    const elsewhere = { ...setting, subject: 'somebody else', scope: 'elsewhere' };
    rows.push(rowOf({ ...first!, id: 'later', time: untilMs }, elsewhere));
  }
  for (const tx of rows) expect(detector.admit(tx, rowHash(tx)).kind).toBe('ok');
  let fired = false;
  detector.evaluate((subjectKey, groups) => {
    if (subjectKey !== subjectKeyOf(setting)) return;
    fired = groups.some((group) => group.rule.id === rule.id && group.versions.length > 0);
  });
  expect(fired).toBe(given.fires);
});
