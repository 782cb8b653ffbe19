/**
 * The tree of an expression as the oracles read it: the library's tree with its shapes named. It checks nothing beyond
 * what it needs; the compiler's own checks are tested elsewhere.
 */
import { parse } from '@marcbachmann/cel-js';

export type Tree =
  | { readonly op: 'constant'; readonly value: bigint | number | string | boolean }
  | { readonly op: 'name'; readonly name: string }
  | { readonly op: 'param'; readonly name: string }
  | { readonly op: 'list'; readonly items: readonly Tree[] }
  | { readonly op: 'not' | 'negate'; readonly arg: Tree }
  | { readonly op: 'ratio'; readonly args: readonly [Tree, Tree] }
  | { readonly op: BinaryOp; readonly args: readonly [Tree, Tree] };

export type BinaryOp = '&&' | '||' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | 'in';

const BINARY: ReadonlySet<string> = new Set([
  '&&',
  '||',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  '+',
  '-',
  '*',
  'in',
]);

interface Node {
  op: string;
  args: unknown;
}

function convert(node: Node): Tree {
  const list = node.args as Node[];
  if (node.op === 'value') return { op: 'constant', value: node.args as string };
  if (node.op === 'id') return { op: 'name', name: node.args as string };
  if (node.op === '.') {
    const [owner, member] = node.args as [Node, string];
    return owner.args === 'params'
      ? { op: 'param', name: member }
      : { op: 'name', name: `${owner.args}.${member}` };
  }
  if (node.op === 'list') return { op: 'list', items: list.map(convert) };
  if (node.op === '!_') return { op: 'not', arg: convert(node.args as Node) };
  if (node.op === '-_') return { op: 'negate', arg: convert(node.args as Node) };
  if (node.op === 'call') {
    const [name, args] = node.args as [string, Node[]];
    if (name === 'ratio' && args.length === 2)
      return { op: 'ratio', args: [convert(args[0]!), convert(args[1]!)] };
  }
  if (BINARY.has(node.op)) return { op: node.op as BinaryOp, args: [convert(list[0]!), convert(list[1]!)] };
  throw new Error(`no meaning for ${node.op}`);
}

export function treeOf(text: string): Tree {
  return convert(parse(text).ast as unknown as Node);
}

/** Every name that an expression reads. */
export function namesIn(tree: Tree): string[] {
  if (tree.op === 'name') return [tree.name];
  if (tree.op === 'constant' || tree.op === 'param') return [];
  if (tree.op === 'list') return tree.items.flatMap(namesIn);
  if ('arg' in tree) return namesIn(tree.arg);
  return tree.args.flatMap(namesIn);
}
