/**
 * A bare address in Chinese text has no space after it: `见https://example.com/a，然后`. GitHub's rule takes
 * everything up to the next space into the link; this remark plugin ends it at full-width punctuation.
 */
interface Node {
  type: string;
  url?: string;
  value?: string;
  children?: Node[];
}

const PUNCTUATION = /[。，、；：！？（）【】《》〈〉「」『』“”‘’…～]/u;

export function remarkCjkAutolinks() {
  return (tree: Node): void => visit(tree);
}

function visit(node: Node): void {
  if (!node.children) return;
  node.children = node.children.flatMap((child) => {
    visit(child);
    return cut(child);
  });
}

function cut(node: Node): Node[] {
  const label = node.children?.[0];
  const text = label?.value;
  if (node.type !== 'link' || !text || node.children?.length !== 1) return [node];
  // Only addresses that name themselves; a link with a text of its own is left alone.
  if (!/^(?:https?:\/\/|www\.)/.test(text) || !decodes(node.url, text)) return [node];
  const at = text.search(PUNCTUATION);
  if (at < 0) return [node];
  const kept = text.slice(0, at);
  return [
    {
      ...node,
      url: kept.startsWith('www.') ? `http://${kept}` : kept,
      children: [{ type: 'text', value: kept }],
    },
    { type: 'text', value: text.slice(at) },
  ];
}

function decodes(url: string | undefined, text: string): boolean {
  return url === text || url === `http://${text}`;
}
