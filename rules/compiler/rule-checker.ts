/** The meaning of a rule file beyond its shape: names, types, windows, attributions. Builds the program. */
import { PRECISIONS, type Precision } from '../../schemas/enumerations.ts';
import { contentHash } from '../../schemas/ids.ts';
import type { PeerFile } from '../../schemas/peers.ts';
import type { RuleFile } from '../../schemas/rule.ts';
import { ALL_TIME, type CheckedRule, type RuleNeeds, type RuleProgram } from './checked-rule.ts';
import { ALWAYS, ALWAYS_TREE, Checking } from './checking.ts';
import { constant } from './closures.ts';
import { emptyReads } from './expression.ts';
import { FeatureChecker } from './feature-checker.ts';
import { fieldTable, isProperty } from './field.ts';
import type { Finding } from './finding.ts';
import { FiringChecker } from './firing-checker.ts';
import type { Position, YamlSource } from './source.ts';
import { DAY_MS, durationMs, parseWindow, windowReachMs } from './window.ts';

/** The checked rule, or what is wrong with it. */
export function checkRule(
  file: RuleFile,
  { path, yaml }: { readonly path: string; readonly yaml: YamlSource },
  { thresholdIds, peers = new Map() }: KnownReference,
): CheckedRule | { readonly findings: readonly Finding[] } {
  return new RuleChecker(new Checking(file, path, yaml, peers), peers).check(thresholdIds);
}

/** What there is beside the rules that their parameters may name. */
interface KnownReference {
  readonly thresholdIds?: ReadonlySet<string>;
  readonly peers?: ReadonlyMap<string, PeerFile>;
}

class RuleChecker {
  readonly #checking: Checking;
  readonly #peers: ReadonlyMap<string, PeerFile>;

  constructor(checking: Checking, peers: ReadonlyMap<string, PeerFile>) {
    this.#checking = checking;
    this.#peers = peers;
  }

  check(thresholdIds: ReadonlySet<string> | undefined): CheckedRule | { findings: readonly Finding[] } {
    const checking = this.#checking;
    const { file, names, findings } = checking;
    this.#checkNames();
    this.#checkThresholds(thresholdIds);
    this.#checkPeers();
    for (const [name, text] of Object.entries(file.let)) this.#let(name, text);
    const checker = new FeatureChecker(checking);
    for (const [name, derive] of Object.entries(file.derive)) checker.derive(name, derive);
    const features = Object.entries(file.features).map(([name, definition]) =>
      checker.feature(name, definition),
    );
    const when = checking.expression(['when'], file.when, names.overFeatures(), 'bool');
    const benign = file.benign.map((test, i) => {
      const holds = checking.expression(['benign', i, 'when'], test.when, names.overFeatures(), 'bool');
      const { id, effect, lowers_milli: lowersMilli } = test;
      return {
        id,
        blocks: effect === 'blocks',
        lowersMilli,
        run: holds?.run ?? ALWAYS,
        tree: holds?.tree ?? ALWAYS_TREE,
      };
    });
    const firing = new FiringChecker(checking);
    const strength = firing.strength();
    const attributionFeatures = firing.attributions();
    firing.explain();
    firing.status();
    this.#checkUnused();
    this.#checkSupplied();
    this.#checkTick();
    if (findings.length > 0) return { findings };
    return this.#assemble({
      thresholds: checking.thresholds,
      peers: checking.peers,
      predicates: checker.predicates,
      triggers: [...checker.triggers],
      derives: checker.derives,
      features: features.map((feature, i) => checker.withComparison(feature, i, when?.comparisons ?? [])),
      when: when?.run ?? ALWAYS,
      whenTree: when?.tree ?? ALWAYS_TREE,
      holds: when?.holds ?? (() => false),
      benign,
      strength,
      attributionFeatures,
      params: Object.keys(file.params).map((name) => ({ name, run: names.param(name)!.run })),
    });
  }

  #assemble(program: RuleProgram): CheckedRule {
    const file = this.#checking.file;
    const windows = [...program.features, ...program.derives].flatMap((part) =>
      part.window === null ? [] : [part.window],
    );
    const longestWindowMs = Math.max(...windows.map((window) => window.lengthMs), 0);
    const lookbackMs = file.lookback === undefined ? longestWindowMs : durationMs(file.lookback);
    const readsPair =
      this.#checking.fieldsRead.has('pairAgeMs') || this.#checking.fieldsRead.has('pairOrdinal');
    const reachMs = Math.max(...windows.map(windowReachMs), 0) + (readsPair ? lookbackMs : 0);
    if (windows.some((window) => window.kind !== 'sliding')) this.#checking.fieldsRead.add('localDay');
    return {
      id: file.id,
      version: file.version,
      majorVersion: Number(file.version.split('.')[0]),
      status: file.status,
      input: file.input,
      subjects: typeof file.subject === 'string' ? [file.subject] : file.subject,
      family: file.family,
      weight: file.weight,
      form: file.form,
      holderRole: file.holderRole,
      path: this.#checking.path,
      file,
      longestWindowMs,
      quietMs: file.quiet === undefined ? longestWindowMs : durationMs(file.quiet),
      ticks: file.tick !== undefined,
      lookbackMs,
      historyMs: reachMs,
      // A feed without the fields of a group has no peers, and the rule goes on without: they are read, and not needed.
      fieldsRead: [
        ...new Set([...this.#checking.fieldsRead, ...program.peers.flatMap(({ by }) => by)]),
      ].sort(),
      needs: this.#needs(),
      readsStatus: this.#checking.fieldsRead.has('status'),
      rulesNamed: [...this.#checking.rulesNamed.keys()].sort(),
      rulesNamedAt: this.#checking.rulesNamed,
      program,
      contentHash: contentHash({ ...file, cases: [], ...this.#groupsRead(program) }),
      inForce: ALL_TIME,
    };
  }

  /** Of what groups a peer parameter speaks is its definition's: where that changes, so does the rule. */
  #groupsRead({ peers }: RuleProgram): { readonly groups?: readonly (readonly string[])[] } {
    return peers.length === 0 ? {} : { groups: peers.map(({ by }) => by) };
  }

  #needs(): RuleNeeds {
    const { needs, input } = this.#checking.file;
    const table = fieldTable(input);
    const fields = new Set<string>();
    let finest = needs.precision === undefined ? PRECISIONS.length : PRECISIONS.indexOf(needs.precision);
    for (const name of this.#checking.fieldsRead) {
      const field = table[name];
      if (field === undefined) continue;
      if (field.needs !== null) fields.add(field.needs);
      if (field.precision !== undefined) finest = Math.min(finest, PRECISIONS.indexOf(field.precision));
    }
    const precision: Precision | null = PRECISIONS[finest] ?? null;
    return { fields: [...fields].sort(), precision, coverage: needs.coverage ?? null };
  }

  #checkNames(): void {
    const seen = new Set<string>();
    for (const section of ['let', 'derive', 'features'] as const) {
      for (const name of Object.keys(this.#checking.file[section])) {
        if (this.#checking.names.isTaken(name) || seen.has(name)) {
          this.#checking.add('RAS-RULES-COLLISION', this.#checking.yaml.keyPosition([section, name]), {
            name,
          });
        }
        seen.add(name);
      }
    }
  }

  #checkThresholds(ids: ReadonlySet<string> | undefined): void {
    if (ids === undefined) return;
    for (const [name, param] of Object.entries(this.#checking.file.params)) {
      if ('threshold' in param && !ids.has(param.threshold)) {
        const at = this.#checking.yaml.position(['params', name, 'threshold']);
        this.#checking.add('RAS-RULES-DANGLING', at, { name: param.threshold, what: 'threshold' });
      }
    }
  }

  #checkPeers(): void {
    const { file, yaml } = this.#checking;
    for (const [name, param] of Object.entries(file.params)) {
      if (!('peer' in param)) continue;
      const at = (key: string) => yaml.position(['params', name, key]);
      const definition = this.#peers.get(param.peer);
      if (definition === undefined || file.input === 'signals') {
        this.#checking.add('RAS-RULES-DANGLING', at('peer'), {
          name: param.peer,
          what: `definition of peers (${[...this.#peers.keys()].sort().join(', ')})`,
        });
        continue;
      }
      const { unit, quantiles } = definition;
      if (unit !== param.unit)
        this.#checking.add('RAS-RULES-TYPE', at('unit'), { expected: unit, found: param.unit });
      if (!quantiles.includes(param.quantile))
        this.#checking.add('RAS-RULES-DANGLING', at('quantile'), {
          name: String(param.quantile),
          what: `quantile of ${param.peer} (${quantiles.join(', ')})`,
        });
    }
  }

  /** A rule over events that waits for an engine reads something of it; one over signals may name a rule that waits. */
  #checkSupplied(): void {
    const { file, findings, fieldsRead, yaml } = this.#checking;
    if (findings.length > 0 || file.status !== 'waiting' || file.input === 'signals') return;
    if ([...fieldsRead].some(isProperty)) return;
    const detail = 'cluster.*, pattern.*, taint.*, tag.*';
    this.#checking.add('RAS-RULES-STATUS', yaml.position(['status']), { status: file.status, detail });
  }

  /** A tick has no local day, and no two episodes may open as of one event (SEMANTICS §9a). */
  #checkTick(): void {
    const { file, yaml } = this.#checking;
    if (file.tick === undefined) return;
    const refuse = (at: Position, detail: string) => this.#checking.add('RAS-RULES-TICK', at, { detail });
    if (file.input === 'signals') refuse(yaml.keyPosition(['tick']), 'input: signals');
    let longestMs = 0;
    for (const section of ['derive', 'features'] as const) {
      for (const [name, part] of Object.entries(file[section])) {
        if (!('over' in part)) continue;
        const { kind, lengthMs } = parseWindow(part.over);
        longestMs = Math.max(longestMs, lengthMs);
        if (kind !== 'sliding') refuse(yaml.position([section, name, 'over']), `over: ${part.over}`);
      }
    }
    if (file.quiet !== undefined && durationMs(file.quiet) < longestMs)
      refuse(yaml.position(['quiet']), `quiet: ${file.quiet} < ${longestMs / DAY_MS}d`);
  }

  /** A `let`, a param, a feature or a derived kind that nothing reads. A param may be read by an explanation alone. */
  #checkUnused(): void {
    // What failed to compile has read nothing: only a rule that is otherwise right is asked.
    if (this.#checking.findings.length > 0) return;
    for (const [section, prefix] of [
      ['params', 'params.'],
      ['let', 'let.'],
      ['derive', 'derive.'],
      ['features', 'feature.'],
    ] as const) {
      for (const name of Object.keys(this.#checking.file[section])) {
        if (this.#checking.used.has(prefix + name)) continue;
        this.#checking.add('RAS-RULES-UNUSED', this.#checking.yaml.keyPosition([section, name]), {
          name: section === 'params' ? `params.${name}` : name,
        });
      }
    }
  }

  #let(name: string, text: string): void {
    const { names } = this.#checking;
    const environment = names.overEvents({ features: false, derived: null });
    const found = this.#checking.expression(['let', name], text, environment, null);
    // A broken one keeps its name, so that its fault is told once and not at every use.
    names.addLet(name, found ?? constant('bool', true), found?.reads ?? emptyReads());
  }
}
