import { expect, test } from 'vitest';
import { type Instant, Lease } from '../../../../../../services/log/kafka/group/lease.ts';

const at = (steadyMs: number, wallMs = steadyMs): Instant => ({ steadyMs, wallMs });

test('a lease runs from when the request was sent, by both clocks', () => {
  let now = at(0);
  const lease = new Lease(100, () => now);
  expect(lease.holds()).toBe(false);
  lease.renew(at(0));
  now = at(99);
  expect(lease.holds()).toBe(true);
  now = at(100);
  expect(lease.holds()).toBe(false);
  // Suspended: the steady clock stood still.
  now = at(1, 100);
  expect(lease.holds()).toBe(false);
  // The wall clock was set back.
  now = at(100, -5_000);
  expect(lease.holds()).toBe(false);
  now = at(150);
  lease.renew(at(140));
  expect(lease.holds()).toBe(true);
  lease.end();
  expect(lease.holds()).toBe(false);
});
