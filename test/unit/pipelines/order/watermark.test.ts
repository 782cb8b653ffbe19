import { describe, expect, test } from 'vitest';
import { CadenceTimeline } from '../../../../pipelines/order/cadence-timeline.ts';
import { Watermark } from '../../../../pipelines/order/watermark.ts';
import { type Cadence, FILE_CADENCE } from '../../../../schemas/cadence.ts';

const stream = (latenessMs: number, silenceMs = 1_000): Cadence => ({
  kind: 'stream',
  latenessMs,
  silenceMs,
});
const [A, B, C] = [3, 5, 9];

function watermarkOf(...cadences: readonly (readonly [number, Cadence])[]): Watermark {
  const watermark = new Watermark();
  for (const [institution, cadence] of cadences) watermark.declare(institution, 0, cadence);
  return watermark;
}

describe('a timeline of cadences', () => {
  test('is files before the first declaration, and goes by event time whatever the order of declaring', () => {
    const timeline = new CadenceTimeline();
    timeline.declare(20, stream(2));
    timeline.declare(10, stream(1));
    expect([9, 10, 19, 20].map((time) => timeline.at(time))).toEqual([
      FILE_CADENCE,
      stream(1),
      stream(1),
      stream(2),
    ]);
  });

  test('of two declarations for one time takes the later one', () => {
    const timeline = new CadenceTimeline();
    timeline.declare(10, stream(1));
    timeline.declare(10, FILE_CADENCE);
    expect(timeline.at(10)).toEqual(FILE_CADENCE);
  });
});

describe('the watermark', () => {
  test('is nowhere before a stream has said something', () => {
    const watermark = watermarkOf([A, stream(5)]);
    expect(watermark.advance()).toBe(Number.NEGATIVE_INFINITY);
    expect(watermark.see(B, 100)).toBe(false);
    expect(watermark.advance()).toBe(Number.NEGATIVE_INFINITY);
  });

  test('is the least of what each stream has reached less its lateness; files hold nothing back', () => {
    const watermark = watermarkOf([A, stream(5)], [B, stream(100)], [C, FILE_CADENCE]);
    expect(watermark.see(A, 1_000)).toBe(true);
    expect(watermark.see(B, 1_010)).toBe(true);
    expect(watermark.see(C, 7)).toBe(false);
    expect(watermark.advance()).toBe(910);
  });

  test('does not wait for who has said that nothing earlier comes, and takes no lateness off that', () => {
    const watermark = watermarkOf([A, stream(100)], [B, stream(100)]);
    watermark.see(A, 1_000);
    watermark.see(B, 1_010);
    expect(watermark.advance()).toBe(900);
    watermark.tellOf(A, 980);
    expect(watermark.advance()).toBe(910);
    watermark.tellOf(B, 970);
    expect(watermark.advance()).toBe(970);
    watermark.tellOf(B, 960);
    watermark.tellOf(C, 5_000);
    expect(watermark.advance()).toBe(970);
  });

  test('counts who has said something of itself as not silent', () => {
    const watermark = watermarkOf([A, stream(5, 50)], [B, stream(5, 50)]);
    watermark.see(A, 1_000);
    watermark.tellOf(B, 960);
    watermark.tell(1_000);
    expect(watermark.advance()).toBe(960);
    watermark.tell(1_011);
    // B has said nothing of itself for longer than it declared.
    expect(watermark.advance()).toBe(995);
  });

  test('never falls', () => {
    const watermark = watermarkOf([A, stream(5)]);
    watermark.see(A, 1_000);
    expect(watermark.advance()).toBe(995);
    watermark.see(A, 500);
    expect(watermark.advance()).toBe(995);
    watermark.declare(B, 0, stream(5));
    watermark.see(B, 200);
    expect(watermark.advance()).toBe(995);
  });

  test('does not wait for who has been silent for longer than declared, and counts it as up to date', () => {
    const watermark = watermarkOf([A, stream(5)], [B, stream(50, 1_000)], [C, stream(5)]);
    watermark.see(B, 1_000);
    watermark.see(A, 2_000);
    watermark.see(C, 2_000);
    expect(watermark.advance()).toBe(950);
    watermark.see(A, 2_001);
    watermark.see(C, 2_001);
    expect(watermark.advance()).toBe(1_951);
  });

  test('is not moved by one row with a wrong year', () => {
    const watermark = watermarkOf([A, stream(5)], [B, stream(5)]);
    watermark.see(A, 1_000);
    watermark.see(B, 1_000);
    watermark.see(B, 9_999_999_999);
    expect(watermark.advance()).toBe(995);
    watermark.see(A, 1_100);
    expect(watermark.advance()).toBe(1_095);
  });

  test('moves with empty blocks once everybody is silent', () => {
    const watermark = watermarkOf([A, stream(5, 60)], [B, stream(10, 600)]);
    watermark.see(A, 1_000);
    watermark.see(B, 1_000);
    watermark.tell(1_060);
    expect(watermark.advance()).toBe(990);
    watermark.tell(1_600);
    expect(watermark.advance()).toBe(990);
    watermark.tell(1_601);
    expect(watermark.advance()).toBe(1_591);
  });

  test('leaves room for an institution that has not said anything yet', () => {
    const watermark = watermarkOf([A, stream(5)]);
    watermark.tell(1_000);
    expect(watermark.advance()).toBe(995);
  });

  test('stands with the cadence in force at the newest row of each', () => {
    const watermark = new Watermark();
    watermark.declare(A, 0, stream(5));
    watermark.declare(A, 500, FILE_CADENCE);
    watermark.declare(B, 0, stream(5));
    watermark.see(A, 100);
    watermark.see(B, 400);
    expect(watermark.advance()).toBe(95);
    expect(watermark.see(A, 600)).toBe(false);
    expect(watermark.see(A, 300)).toBe(true);
    expect(watermark.advance()).toBe(395);
  });
});
