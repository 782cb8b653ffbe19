/** What a rule says when it fires: strength, attributions, explanation. */
import type { RuleProgram } from './checked-rule.ts';
import type { Checking } from './checking.ts';
import { constant, type Typed } from './closures.ts';

export class FiringChecker {
  readonly #checking: Checking;

  constructor(checking: Checking) {
    this.#checking = checking;
  }

  strength(): RuleProgram['strength'] {
    const { of, at, full } = this.#checking.file.strength;
    // A rule that no program asks may have no features to be strong in.
    if (this.#checking.file.status === 'manual' && of === '') return { of: 0, at: () => 0, full: () => 1 };
    const place = this.#checking.yaml.position(['strength', 'of']);
    const position = this.#checking.names.featurePosition(of);
    if (position === null) this.#checking.add('RAS-RULES-NAME', place, { name: of });
    else {
      this.#checking.used.add(`feature.${of}`);
      const found = this.#checking.names.featureType(position);
      if (found !== 'int' && found !== 'double') {
        this.#checking.add('RAS-RULES-STRENGTH', place, { detail: `${of}: ${found}` });
      }
    }
    const low = this.#bar('at', at);
    const high = this.#bar('full', full);
    if (low.constant !== undefined && low.constant === high.constant) {
      this.#checking.add('RAS-RULES-STRENGTH', this.#checking.yaml.position(['strength', 'full']), {
        detail: 'full == at',
      });
    }
    return { of: position ?? 0, at: low.run, full: high.run };
  }

  #bar(key: 'at' | 'full', value: number | string): Typed {
    if (typeof value === 'number') return constant('double', value);
    const at = this.#checking.yaml.position(['strength', key]);
    const name = value.startsWith('params.') ? value.slice('params.'.length) : null;
    const param = name === null ? undefined : this.#checking.names.param(name);
    if (param === undefined) {
      this.#checking.add('RAS-RULES-NAME', at, { name: value });
      return constant('double', key === 'at' ? 0 : 1);
    }
    this.#checking.used.add(`params.${name}`);
    if (param.type !== 'int' && param.type !== 'double') {
      this.#checking.add('RAS-RULES-STRENGTH', at, { detail: `${value}: ${param.type}` });
    }
    return param;
  }

  attributions(): (number | null)[] {
    let always = false;
    const positions = this.#checking.file.attributions.map(({ to, role, weight }, i) => {
      const at = this.#checking.yaml.position(['attributions', i, 'to']);
      if (role === 'potential_victim' && weight > 0) {
        const place = this.#checking.yaml.position(['attributions', i, 'weight']);
        this.#checking.add('RAS-RULES-ATTRIBUTION', place, { detail: 'potential_victim > 0' });
      }
      if (to === 'holder' || to === 'subject') {
        always = true;
        return null;
      }
      const position = this.#checking.names.featurePosition(to);
      if (position === null) this.#checking.add('RAS-RULES-NAME', at, { name: to });
      else {
        this.#checking.used.add(`feature.${to}`);
        const found = this.#checking.names.featureType(position);
        if (found !== 'string') this.#checking.add('RAS-RULES-TYPE', at, { expected: 'string', found });
      }
      return position;
    });
    if (!always) {
      this.#checking.add('RAS-RULES-ATTRIBUTION', this.#checking.yaml.keyPosition(['attributions']), {
        detail: 'holder | subject',
      });
    }
    return positions;
  }

  explain(): void {
    const { explain } = this.#checking.file;
    const sets = (['es', 'en', 'fr'] as const).map((lang) => {
      const names = [...explain[lang].matchAll(/\{([^{}]+)\}/g)].map((match) => ({
        name: match[1] ?? '',
        offset: match.index + 1,
      }));
      for (const { name, offset } of names) this.#explained(lang, name, offset);
      return [...new Set(names.map(({ name }) => name))].sort().join(' ');
    });
    if (new Set(sets).size > 1) {
      this.#checking.add('RAS-RULES-EXPLAIN', this.#checking.yaml.keyPosition(['explain']), {
        where: 'explain',
      });
    }
  }

  /** `{feature}` or `{params.x}` in an explanation. */
  #explained(lang: 'es' | 'en' | 'fr', name: string, offset: number): void {
    const param = name.startsWith('params.') ? name.slice('params.'.length) : null;
    if (param !== null && Object.hasOwn(this.#checking.file.params, param))
      this.#checking.used.add(`params.${param}`);
    else if (Object.hasOwn(this.#checking.file.features, name)) this.#checking.used.add(`feature.${name}`);
    else
      this.#checking.add('RAS-RULES-NAME', this.#checking.yaml.positionInside(['explain', lang], offset), {
        name,
      });
  }

  status(): void {
    const { status, weight, waitsFor, manualReason } = this.#checking.file;
    const key = (name: string) => this.#checking.yaml.keyPosition([name]);
    const disagree = (name: string, detail: string) =>
      this.#checking.add('RAS-RULES-STATUS', key(name), { status, detail });
    if ((status === 'waiting') !== (waitsFor !== undefined))
      disagree(waitsFor === undefined ? 'status' : 'waitsFor', 'waitsFor');
    if ((status === 'manual') !== (manualReason !== undefined))
      disagree(manualReason === undefined ? 'status' : 'manualReason', 'manualReason');
    const agree = status === 'leg' ? weight === 0 : status !== 'live' || weight > 0;
    if (!agree) {
      this.#checking.add('RAS-RULES-LEG', this.#checking.yaml.position(['weight']), {
        detail: `${status}, ${weight}`,
      });
    }
  }
}
