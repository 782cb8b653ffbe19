import { expect, test } from 'vitest';
import { Gate } from '../../../../services/embedded/gate.ts';

test('so many run, so many wait, the next is refused; places are handed over', async () => {
  const gate = new Gate(2, 3);
  let active = 0;
  let most = 0;
  const releases: Array<() => void> = [];
  const work = () =>
    gate.enter(async () => {
      most = Math.max(most, ++active);
      await new Promise<void>((resolve) => releases.push(resolve));
      active--;
    });
  const jobs = [work(), work(), work(), work(), work()];
  await expect(work()).rejects.toThrow(/simultaneous/);
  while (releases.length > 0) {
    releases.shift()!();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(jobs);
  expect(most).toBe(2);
  await expect(gate.enter(async () => 7)).resolves.toBe(7);
});

test('a failure frees its place', async () => {
  const gate = new Gate(1, 0);
  await expect(gate.enter(() => Promise.reject(new Error('x')))).rejects.toThrow('x');
  await expect(gate.enter(async () => 1)).resolves.toBe(1);
});
