/**
 * A definition of peers as a rule that never fires: what is measured of an account is then read, checked and evaluated by what
 * reads, checks and evaluates rules, and the group of an account is found as a rule's would be (SEMANTICS §13).
 */
import type { PeerFile } from '../../schemas/peers.ts';
import type { RuleFile } from '../../schemas/rule.ts';
import type { Finding } from './finding.ts';
import { checkRule } from './rule-checker.ts';
import { type Position, YamlSource } from './source.ts';
import { parseWindow } from './window.ts';

/** Benign test of the rule that holds where an account is among the peers. */
export const AMONG = 'among';
/** Parameter of the rule that stands for the definition's own tables. */
const OWN = 'ownPeers';

/** The rule file of a definition; `id` keeps several apart. */
export function peerRule(definition: PeerFile, id: string): RuleFile {
  const { name, version, title, sources, quantiles, unit, params, features, among, measure } = definition;
  const [quantile = 0] = quantiles;
  const test = { note: title, effect: 'lowers' as const, lowers_milli: 0 };
  return {
    id,
    version,
    status: 'leg',
    title,
    form: 'laundering',
    family: 'PRF',
    weight: 0,
    holderRole: 'unknown',
    input: 'events',
    subject: 'account',
    jurisdictions: ['US', 'MX', 'CA'],
    sources,
    params: { ...params, [OWN]: { peer: name, quantile, unit, provenance: 'peers' } },
    needs: {},
    let: definition.let,
    derive: {},
    features,
    when: 'false',
    strength: { of: measure, at: 0, full: 1 },
    attributions: [{ to: 'holder', role: 'unknown', weight: 0, why: title }],
    benign: [
      { id: AMONG, when: among ?? 'true', ...test },
      { id: OWN, when: `${measure} >= params.${OWN}`, ...test },
    ],
    explain: title,
    cases: [],
  };
}

/** Where the parts of the rule that the definition does not write itself come from. */
const PLACES: Readonly<Record<string, readonly PropertyKey[]>> = {
  'strength.of': ['measure'],
  'benign.0.when': ['among'],
  'benign.1.when': ['measure'],
};

/** The file of a definition, asked for places of its rule. */
class DefinitionSource extends YamlSource {
  override position(path: readonly PropertyKey[]): Position {
    return super.position(PLACES[path.join('.')] ?? path);
  }

  override positionInside(path: readonly PropertyKey[], offset: number): Position {
    return super.positionInside(PLACES[path.join('.')] ?? path, offset);
  }
}

/** What is wrong with a definition, each with its place in the file. */
export function checkPeers(
  definition: PeerFile,
  { path, text }: { readonly path: string; readonly text: string },
): readonly Finding[] {
  const yaml = new DefinitionSource(text);
  const own = new Map([[definition.name, definition]]);
  const checked = checkRule(peerRule(definition, 'PER-00'), { path, yaml }, { peers: own });
  if ('findings' in checked) {
    // `measure` is read in two places of the rule.
    const keyOf = ({ code, line, col, params }: Finding) => JSON.stringify([code, line, col, params]);
    return [...new Map(checked.findings.map((finding) => [keyOf(finding), finding])).values()];
  }
  const findings: Finding[] = [];
  const refuse = (at: readonly PropertyKey[], detail: string) =>
    findings.push({
      code: 'RAS-RULES-PEERS',
      path,
      ...yaml.position(at),
      params: { name: definition.name, detail },
    });
  for (const [name, param] of Object.entries(definition.params))
    if ('peer' in param) refuse(['params', name], 'peers of peers are not defined');
  for (const [name, feature] of Object.entries(definition.features)) {
    const over = feature.agg === 'ratio' ? undefined : feature.over;
    if (over !== undefined && parseWindow(over).kind !== 'sliding')
      refuse(['features', name, 'over'], `${over} is no sliding window`);
  }
  const measure = checked.program.features.find(({ name }) => name === definition.measure);
  const type = definition.unit === 'share' ? 'double' : 'int';
  if (measure?.type !== type)
    refuse(['measure'], `${definition.measure} is ${measure?.type}, ${definition.unit} is ${type}`);
  return findings;
}
