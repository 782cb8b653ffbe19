/** What the embedded server's process and its parent say to each other. */
import type { ErrorCode, ErrorParams } from '../../schemas/errors/index.ts';

/** Parent to child. */
export type ToChild =
  | { readonly type: 'start'; readonly dataDir: string; readonly port: number }
  | { readonly type: 'stop' };

/** Child to parent. */
export type ToParent =
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly params: ErrorParams };
