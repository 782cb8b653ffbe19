/** A case that does not hold, in lines that a rule's author can read beside the file. */
import type { FeatureReading } from '../../schemas/signal.ts';
import type { CaseTrial, Sight } from './trial.ts';

/** What differs, then every feature with its value against its bar, then the conditions that were not true. */
export function caseLines({ problems, sight }: CaseTrial): string[] {
  return [...problems, ...(sight === null ? [] : sightLines(sight))];
}

function sightLines({ event, at, features, conditions }: Sight): string[] {
  const width = Math.max(...features.map(({ name }) => name.length), 0);
  const open = conditions.filter(({ where, value }) => (where === 'when' ? value !== true : value === true));
  return [
    `as of event ${event + 1}, ${at}:`,
    ...features.map((feature) => `  ${feature.name.padEnd(width)}  ${readingText(feature)}`),
    ...open.map(
      ({ where, condition, value }) => `  ${where}: ${condition} is ${value === null ? 'unknown' : value}`,
    ),
  ];
}

function readingText({ value, operator, threshold }: FeatureReading): string {
  const said = value === null ? 'unknown' : JSON.stringify(value);
  return operator === undefined || operator === null
    ? said
    : `${said}, asked ${operator} ${JSON.stringify(threshold)}`;
}
