/** Compose: signals to alerts. */
export { type Composition, composeSubject } from './compose.ts';
export {
  type Checked,
  type CheckedComposite,
  COMPOSITE_PLACEHOLDERS,
  compileComposites,
  compilePlaybook,
} from './composites.ts';
export type { ComposeContext } from './document.ts';
export type { TransactionLookup } from './evidence.ts';
export type { RuleReading } from './indicators.ts';
export { type RenderOptions, renderAlert } from './render-alert.ts';
