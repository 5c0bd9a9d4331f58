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

const PUNCTUATION = /([。，、；：！？（）【】《》〈〉「」『』“”‘’…～]+)/u;
const ADDRESS = /^(?:https?:\/\/|www\.)\S/;

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

/** What follows the punctuation may hold further addresses. */
function cut(node: Node): Node[] {
  const text = node.children?.[0]?.value;
  if (node.type !== 'link' || !text || node.children?.length !== 1) return [node];
  // Only addresses that name themselves; a link with a text of its own is left alone.
  const namesItself = node.url === text || node.url === `http://${text}`;
  if (!ADDRESS.test(text) || !namesItself || !PUNCTUATION.test(text)) return [node];
  return text
    .split(PUNCTUATION)
    .filter((part) => part !== '')
    .map((part) => (ADDRESS.test(part) ? link(part) : { type: 'text', value: part }));
}

function link(address: string): Node {
  const url = address.startsWith('www.') ? `http://${address}` : address;
  return { type: 'link', url, children: [{ type: 'text', value: address }] };
}
