/** `rastro topics apply|status`: the topics of the distributed form, made and compared. */
import type { Command } from 'commander';
import { TOPICS } from '../../../schemas/topics.ts';
import { applyTopics, type TopicState, topicStates } from '../../log/kafka/topics.ts';
import { EXIT } from '../exit.ts';
import { handle } from '../handle.ts';
import { addConfigOption, type ConfigOption, kafkaOf } from '../role-config.ts';
import { tableText } from '../terminal.ts';

function stateText({ isMissing, differences }: TopicState): string {
  if (isMissing) return 'missing';
  if (differences.length === 0) return 'as it should be';
  return differences
    .map(({ setting, is, wanted }) => `${setting} is ${is ?? 'not set'}, not ${wanted}`)
    .join('; ');
}

export function addTopics(program: Command): void {
  const topics = program
    .command('topics')
    .description('the topics of the distributed form: made, and compared with what they should be')
    .addHelpText(
      'after',
      `
Examples:
  rastro topics status --config rastro.yaml
  rastro topics apply --config rastro.yaml

Exit codes of status: 0 all are as they should be, 1 some are not. A number of partitions is never changed.`,
    );

  handle<ConfigOption>(
    addConfigOption(
      topics
        .command('apply')
        .description(
          'create the topics that are missing, alter the settings that differ; again it does nothing',
        ),
    ),
    async ({ terminal }, options) => {
      const applied = await applyTopics(await kafkaOf(options));
      if (terminal.json) terminal.printJson(applied);
      else
        for (const [what, names] of Object.entries(applied) as [string, readonly string[]][])
          if (names.length > 0) terminal.print(`${what}: ${names.join(', ')}`);
      return EXIT.FINE;
    },
  );

  handle<ConfigOption>(
    addConfigOption(
      topics.command('status').description('each topic, and what of it is not as it should be'),
    ),
    async ({ terminal }, options) => {
      const states = await topicStates(await kafkaOf(options));
      const columns = [
        { title: 'topic', value: ({ name }: TopicState) => name },
        { title: 'state', value: stateText },
        { title: 'holds', value: ({ topic }: TopicState) => TOPICS[topic].holds },
      ];
      if (terminal.json) terminal.printJson(states);
      else terminal.print(tableText(states, columns, terminal));
      return states.every(({ differences }) => differences.length === 0) ? EXIT.FINE : EXIT.FAILURE;
    },
  );
}
