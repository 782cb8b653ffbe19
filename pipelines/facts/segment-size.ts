/** Rows of a segment of the store; a row's number is 65,536 times its segment and its place there. */
export const SEGMENT_SHIFT = 16;
export const SEGMENT_ROWS = 1 << SEGMENT_SHIFT;
export const LEGS = 2 * SEGMENT_ROWS;
