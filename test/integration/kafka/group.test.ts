import { afterAll, describe, expect, test } from 'vitest';
import type { Membership } from '../../../pipelines/log/bus.ts';
import { kafkaVersions, sharedKafka } from '../../support/kafka/shared.ts';
import { Books, probe } from '../../support/kafka-group/probe.ts';
import { RemoteMember } from '../../support/kafka-group/remote.ts';
import { Scene, until } from '../../support/kafka-group/scene.ts';

/** One version in a usual run, both by `RASTRO_KAFKA=both`. */
const versions = (await kafkaVersions()).filter(
  (version) => version === 4 || process.env['RASTRO_KAFKA'] === 'both',
);

describe.each(versions)('a group on Kafka %i', (version) => {
  const scenes: Scene[] = [];
  const scene = async (options: object = {}) => {
    const { brokers } = await sharedKafka(version);
    const made = await Scene.make({ brokers, ...options });
    scenes.push(made);
    return made;
  };
  afterAll(async () => {
    await Promise.all(scenes.map((each) => each.close()));
  });

  /** Both topics' partitions that a member holds now, by number. */
  const heldBy = (books: Books, member: string) =>
    books.tenures.filter((tenure) => tenure.held && tenure.member === member).map(({ place }) => place);

  test.concurrent('three members, one, three: every record, in order, once between two assignments', async () => {
    const at = await scene();
    const books = new Books();
    at.stream();
    const members = new Map<string, Membership>();
    const join = (name: string) => members.set(name, at.join(probe(name, books)));
    const leave = (name: string) => members.get(name)?.leave();
    const held = (name: string) => books.tenures.filter((tenure) => tenure.held && tenure.member === name);
    /** Each has its share, and works on every partition of it. */
    const atWork = (names: readonly string[], places: number) => async () => {
      const goals = new Map<string, number>();
      await until(`${names} share`, () => names.every((name) => held(name).length === places));
      for (const { place } of books.tenures) goals.set(place, (at.ends.get(place) ?? 0) + 10);
      await until(`${names} work`, () => books.missing(goals).length === 0);
    };
    for (const name of ['a', 'b', 'c']) join(name);
    await atWork(['a', 'b', 'c'], 4)();
    for (const name of ['a', 'b', 'c']) {
      const [transactions, signals] = at.topics.map((topic) =>
        heldBy(books, name)
          .filter((place) => place.startsWith(topic))
          .map((place) => place.slice(topic.length)),
      );
      expect(signals?.sort()).toEqual(transactions?.sort());
    }
    const before = held('a');
    await Promise.all([leave('b'), leave('c')]);
    await atWork(['a'], 12)();
    expect(before.every((tenure) => tenure.held)).toBe(true);
    const alone = held('a');
    join('d');
    join('e');
    await atWork(['a', 'd', 'e'], 4)();
    // What stays with a member stays as it is: nothing is revoked or read again.
    expect(held('a').every((tenure) => alone.includes(tenure))).toBe(true);
    await at.endStream();
    await until('all is read', () => books.missing(at.ends).length === 0);
    await Promise.all(['a', 'd', 'e'].map(leave));
    expect(books.faults).toEqual([]);
    const counts = [...books.counts.values()].flatMap((one) => [...one.values()]);
    expect(counts.length).toBe(at.total());
    const again = counts.filter((times) => times > 1).length;
    console.info(
      `${at.total()} records in order, ${again} of them more than once; ${books.tenures.length} partitions assigned in all, ${books.calls.batches} batches`,
    );
  });

  test.concurrent('who leaves ends the work that runs, begins none, and is gone at once', async () => {
    const at = await scene();
    const books = new Books();
    await at.append(10);
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const currents: boolean[] = [];
    const work = async (_: unknown, isCurrent: () => boolean) => {
      await held;
      currents.push(isCurrent());
    };
    const membership = at.join(probe('one', books, { work }));
    await until('all is at work', () => books.calls.batches === 12);
    await at.append(10);
    let left = false;
    const leaving = membership.leave().then(() => {
      left = true;
    });
    await at.append(1);
    expect([left, heldBy(books, 'one').length]).toEqual([false, 12]);
    letGo();
    await leaving;
    await membership.ended;
    expect(currents).toEqual(Array.from({ length: 12 }, () => true));
    expect([...books.checkpoint.values()]).toEqual(Array.from({ length: 12 }, () => 10));
    expect([books.calls.batches, heldBy(books, 'one').length]).toEqual([12, 0]);
    const [group] = (await at.admin.describeGroups([`${at.prefix}workers`])).groups;
    expect(group?.members).toEqual([]);
    expect(books.faults).toEqual([]);
  });

  test.concurrent('a member that is killed: its partitions go to the other, with every record', async () => {
    const at = await scene();
    const { brokers } = await sharedKafka(version);
    const books = new Books();
    await at.append(50);
    at.stream();
    const remote = new RemoteMember(at, brokers, books, 50);
    const local = at.join(probe('local', books));
    try {
      await until('both share and work', () => {
        const works = remote.lines.filter(({ kind }) => kind === 'sent').length > 5;
        return works && remote.held.size === 6 && heldBy(books, 'local').length === 6;
      });
      remote.signal('SIGKILL');
      await until('the other has all', () => heldBy(books, 'local').length === 12);
      await at.endStream();
      await until('all is read', () => books.missing(at.ends).length === 0);
    } finally {
      await remote.end();
    }
    await local.leave();
    expect(books.faults).toEqual([]);
    const counts = [...books.counts.values()].flatMap((one) => [...one.values()]);
    expect(counts.length).toBe(at.total());
    console.info(`${at.total()} records, ${counts.filter((n) => n > 1).length} more than once`);
  });

  test.concurrent('a member that slept longer than its session sends nothing out when it wakes', async () => {
    const at = await scene();
    const { brokers } = await sharedKafka(version);
    const books = new Books();
    await at.append(20);
    at.stream(1);
    const remote = new RemoteMember(at, brokers, books, 300);
    const local = at.join(probe('local', books));
    try {
      await until('both share', () => remote.held.size === 6 && heldBy(books, 'local').length === 6);
      await until('it is at work', () => remote.lines.at(-1)?.kind === 'begun');
      remote.signal('SIGSTOP');
      await until('the other has all', () => heldBy(books, 'local').length === 12);
      const asleep = remote.lines.length;
      remote.signal('SIGCONT');
      await until('it works again', () => remote.lines.slice(asleep).some(({ kind }) => kind === 'sent'));
      await at.endStream();
      await until('all is read', () => books.missing(at.ends).length === 0);
      const awake = remote.lines.slice(asleep);
      const assigned = awake.findIndex(({ kind }) => kind === 'assigned');
      const before = awake.slice(0, assigned).map(({ kind }) => kind);
      expect(before).toContain('dropped');
      expect(before).not.toContain('sent');
      expect(before.filter((kind) => kind === 'revoked')).toHaveLength(1);
      console.info(
        `frozen with ${before.filter((kind) => kind === 'dropped').length} batches under way, none sent`,
      );
    } finally {
      await remote.end();
    }
    await local.leave();
    expect(books.faults).toEqual([]);
  });
});
