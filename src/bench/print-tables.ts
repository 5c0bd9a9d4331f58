import type { Report } from './tables';

/** Columns as wide as their widest cell; numbers to the right, the first column to the left. */
export function asText({ title, facts, tables }: Report): string {
  const blocks = tables.map(({ title: name, rows }) => `${name}\n${aligned(rows)}`);
  return [[title, ...facts].join('\n'), ...blocks].join('\n\n');
}

export function asMarkdown({ title, facts, tables }: Report): string {
  const blocks = tables.map(({ title: name, rows }) => {
    const [header = [], ...body] = rows;
    const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
    const rule = `|${header.map((_, column) => (column === 0 ? '---|' : '---:|')).join('')}`;
    return [`**${name}**`, '', line(header), rule, ...body.map(line)].join('\n');
  });
  return [`**${title}**`, facts.map((fact) => `- ${escaped(fact)}`).join('\n'), ...blocks].join('\n\n');
}

/** A bar in a cell would end it. */
const escaped = (text: string): string => text.replaceAll('|', '\\|');

function aligned(rows: readonly (readonly string[])[]): string {
  const shown = rows.filter((row) => row.some((cell) => cell !== ''));
  const columns = Math.max(...shown.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...shown.map((row) => row[column]?.length ?? 0)),
  );
  const isText = widths.map((_, column) => shown.slice(1).some((row) => /^[a-z]/i.test(row[column] ?? '')));
  return shown
    .map((row) => {
      const cells = row.map((cell, column) =>
        isText[column] || column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      );
      return `  ${cells.join('  ')}`.trimEnd();
    })
    .join('\n');
}
