/** `npm run kafka -- start --version 4 --brokers 1 --port 9092`: brokers for whoever develops. They and their data end with it. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { KafkaCluster } from './cluster.ts';
import { KAFKA_MAJORS } from './jars.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    version: { type: 'string', default: '4' },
    brokers: { type: 'string', default: '1' },
    port: { type: 'string', default: '9092' },
  },
});
const version = KAFKA_MAJORS.find((major) => String(major) === values.version);
const brokers = ([1, 3] as const).find((number) => String(number) === values.brokers);
const port = Number(values.port);
if (positionals.join() !== 'start' || version === undefined || brokers === undefined || !(port > 0)) {
  process.stderr.write('npm run kafka -- start [--version 3|4] [--brokers 1|3] [--port 9092]\n');
  process.exit(2);
}
const cluster = await KafkaCluster.start({ version, brokers, port });
process.stdout.write(
  `Kafka ${cluster.version} at ${cluster.brokers.join(',')}; Ctrl-C ends it, and its data go\n`,
);
// Something must keep this process alive: the brokers do not.
const alive = setInterval(() => undefined, 60_000);
await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
clearInterval(alive);
await cluster.stop();
