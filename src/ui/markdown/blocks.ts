/**
 * Cuts Markdown into blocks that can be rendered one by one: while an answer streams only its last block
 * changes, and the others keep their rendered form. A cut is made only where it cannot change the meaning:
 * at a blank line outside a code fence, before a line that neither is indented nor continues a list.
 */

const FENCE = /^[ \t>]*(?:[-*+]|\d+[.)])?[ \t]*(`{3,}|~{3,})(.*)$/;
const LIST_ITEM = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/;

export interface Block {
  readonly text: string;
  /** False for a code fence that was not closed (yet). */
  readonly isClosed: boolean;
}

export function splitBlocks(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  let fence: string | undefined;
  let sawBlank = false;
  let isList = false;

  const push = () => {
    if (lines.some((line) => line.trim() !== ''))
      blocks.push({ text: lines.join('\n'), isClosed: fence === undefined });
    lines = [];
  };

  for (const line of markdown.split('\n')) {
    if (fence === undefined && sawBlank && line.trim() !== '') {
      const continues = /^[ \t]/.test(line) || (isList && LIST_ITEM.test(line));
      if (!continues && lines.length > 0) push();
    }
    if (lines.length === 0) isList = LIST_ITEM.test(line);
    lines.push(line);
    sawBlank = line.trim() === '' && (sawBlank || lines.length > 0);
    const mark = FENCE.exec(line);
    if (!mark) continue;
    const [, ticks = '', rest = ''] = mark;
    if (fence === undefined) {
      // A backtick fence has no backticks in its info string; that would be inline code.
      if (!(ticks[0] === '`' && rest.includes('`'))) fence = ticks;
    } else if (ticks[0] === fence[0] && ticks.length >= fence.length && rest.trim() === '') fence = undefined;
  }
  push();
  return blocks;
}
