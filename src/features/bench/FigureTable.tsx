/** One table of figures: the first column names, the others are numbers. Scrolls by itself where it is too wide. */
import { useId } from 'react';
import { cx } from '../../ui/cx';

export interface FigureRow {
  readonly name: string;
  readonly cells: readonly (string | undefined)[];
}

interface FigureTableProps {
  readonly caption: string;
  readonly heads: readonly string[];
  readonly rows: readonly FigureRow[];
  /** Below the table: what the columns mean. */
  readonly note?: string;
}

export function FigureTable({ caption, heads, rows, note }: FigureTableProps) {
  const id = useId();
  if (rows.length === 0) return null;
  return (
    <div className="flex flex-col gap-1.5">
      <h3 id={id} className="font-medium">
        {caption}
      </h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section aria-labelledby={id} tabIndex={0} className="overflow-x-auto">
        <table aria-labelledby={id} className="numbers w-full text-xs">
          <thead>
            <tr className="border-line-strong/50 border-b">
              {heads.map((head, at) => (
                <th
                  key={head}
                  scope="col"
                  className={cx(
                    'py-1.5 align-bottom font-normal text-soft [word-break:keep-all]',
                    at === 0 ? 'text-left' : 'pl-3 text-right',
                  )}
                >
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, cells }) => (
              <tr key={name} className="border-line border-b">
                <th scope="row" className="py-1.5 text-left align-top font-normal">
                  {name}
                </th>
                {cells.map((cell, at) => (
                  <td
                    key={heads[at + 1]}
                    className={cx(
                      'py-1.5 pl-3 text-right align-top',
                      cells.length > 1 && 'whitespace-nowrap',
                    )}
                  >
                    {cell ?? '–'}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {note && <p className="text-faint text-xs">{note}</p>}
    </div>
  );
}
