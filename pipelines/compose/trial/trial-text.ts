/** A case that does not hold, in lines that the composite's author can read beside the file. */
import { CASE_SUBJECT } from './case-signals.ts';
import type { CompositeSight } from './sight.ts';
import type { CompositeCaseTrial } from './trial.ts';

const points = (milli: number) => (milli / 1000).toFixed(3).padStart(7);

/** What differs; each alternative that does not hold with what it lacks; the score, part by part; what counts for nothing. */
export function compositeCaseLines({ problems, sight }: CompositeCaseTrial): string[] {
  return [...problems, ...(sight === null ? [] : sightLines(sight))];
}

function sightLines(sight: CompositeSight): string[] {
  const { at, alternatives, lines, benign, scoreMilli, mediumMilli, highMilli, families, idle } = sight;
  return [
    `as of ${at}:`,
    ...alternatives.flatMap((clauses, a) =>
      clauses.map(({ asks, holds, met }, c) => {
        const has = met.length === 0 ? 'none' : met.join(', ');
        return `  requires ${a + 1}.${c + 1}: ${holds ? 'holds' : 'LACKS'} ${asks}; has ${has}`;
      }),
    ),
    ...lines.map(
      (line) =>
        `  ${points(line.milli)}  ${line.rule} ${line.family}, ${fromText(line)}: ${line.weight} × ${line.strengthMilli} × ${line.freshnessMilli} × ${line.attributionMilli} ‰`,
    ),
    ...benign
      .filter(({ lowersMilli }) => lowersMilli > 0)
      .map(({ id, rule, lowersMilli }) => `  ${points(-lowersMilli)}  ${rule}, benign ${id}`),
    `  ${points(scoreMilli)}  sum; medium from ${points(mediumMilli).trim()}, high from ${points(highMilli).trim()}; families: ${families.join(', ') || 'none'}`,
    ...idle.map(({ rule, because }) => `  ${rule} counts for nothing: ${because}`),
  ];
}

function fromText({ via, observedOn }: CompositeSight['lines'][number]): string {
  const party = observedOn.replace(/^holder:/, '');
  return party === CASE_SUBJECT ? via : `${via}, of holder ${party.replace(/^par_/, '')}`;
}
