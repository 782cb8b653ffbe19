/** Pieces of a generated page. */

const GENERATED = '<!-- Made by `npm run docs`. Do not edit: change what it is made from. -->';

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A page of paragraphs, with the mark of a generated one. */
export function pageOf(...paragraphs: readonly string[]): string {
  return [GENERATED, ...paragraphs].join('\n\n').trimEnd().concat('\n');
}
