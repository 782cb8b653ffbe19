/** Compose: signals to alerts. */
export { composeSubject } from './compose.ts';
export { type CheckedComposite, compileComposites, compilePlaybook, requiredRules } from './composites.ts';
export { renderAlert } from './render-alert.ts';
export { compositeContent, mergeComposites } from './timeline.ts';
