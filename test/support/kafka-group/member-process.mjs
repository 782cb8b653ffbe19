/**
 * A member of a group in a process of its own, to be killed or frozen. Argument: JSON {brokers, prefix, topics, limits, workMs}.
 * Over IPC it asks where to read (`assigned`), and tells what it sent out (`sent`), what it held back because it was not
 * current any more (`dropped`), and what it gave up (`revoked`). Each batch takes `workMs`.
 */
import kafkajs from 'kafkajs';
import { joinGroup } from '../../../dist/services/log/kafka/group/join-group.js';

const { brokers, prefix, topics, limits, workMs } = JSON.parse(process.argv[2]);
const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
const admin = kafka.admin();
await admin.connect();

let answer;
process.on('message', (froms) => answer(froms));
const nameOf = ({ topic, partition }) => `${topic}-${partition}`;

const membership = joinGroup({
  kafka,
  prefix,
  groupId: 'workers',
  topics,
  limits,
  bus: {
    async ranges(topic) {
      const offsets = await admin.fetchTopicOffsets(`${prefix}${topic}`);
      return offsets
        .sort((a, b) => a.partition - b.partition)
        .map(({ low, high }) => ({ begin: Number(low), end: Number(high) }));
    },
    async *read() {},
  },
  member: {
    async assigned(places) {
      const froms = await new Promise((resolve) => {
        answer = resolve;
        process.send({ kind: 'assigned', places: places.map(nameOf) });
      });
      return places.map((place, i) => ({ ...place, from: froms[i] }));
    },
    async batch(batch, isCurrent) {
      const offsets = batch.records.map(({ offset }) => offset);
      process.send({ kind: 'begun', place: nameOf(batch), offsets });
      await new Promise((resolve) => setTimeout(resolve, workMs));
      process.send({ kind: isCurrent() ? 'sent' : 'dropped', place: nameOf(batch), offsets });
    },
    async revoked(places) {
      process.send({ kind: 'revoked', places: places.map(nameOf) });
    },
  },
});
membership.ended.then(
  () => process.exit(0),
  (error) => {
    process.send({ kind: 'ended', code: error.code });
    process.exitCode = 1;
    process.disconnect();
    admin.disconnect();
  },
);
