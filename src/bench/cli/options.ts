/** Options of `npm run bench` into a configuration. */
import { parseOptions, UsageError } from '../../cli/args';
import { checkBenchConfig, DEFAULT_BENCH_CONFIG, QUICK_BENCH_CONFIG } from '../config';
import { BENCH_SECTIONS, BENCH_SHAPES, type BenchConfig } from '../types';

export interface BenchOrder {
  readonly config: BenchConfig;
  /** File that the result is written to. */
  readonly json: string | undefined;
  readonly isMarkdown: boolean;
  /** Folder of another checkout to measure against. */
  readonly against: string | undefined;
}

const SPECULATION = ['auto', 'off', 'always'] as const;

/** Throws UsageError, AppError `parameter-out-of-range`. */
export function readOrder(args: readonly string[]): BenchOrder {
  const values = parseOptions(args, {
    model: { type: 'string', multiple: true },
    sections: { type: 'string' },
    layers: { type: 'string' },
    contexts: { type: 'string' },
    prefill: { type: 'string' },
    rounds: { type: 'string' },
    int8: { type: 'boolean' },
    'int8-kv': { type: 'boolean' },
    speculation: { type: 'string' },
    quick: { type: 'boolean' },
    json: { type: 'string' },
    markdown: { type: 'boolean' },
    against: { type: 'string' },
  });
  const base = values.quick ? QUICK_BENCH_CONFIG : DEFAULT_BENCH_CONFIG;
  const shapes = values.model?.flatMap((list) => oneOf(list, BENCH_SHAPES, '--model'));
  const sections = values.sections && oneOf(values.sections, BENCH_SECTIONS, '--sections');
  const [speculation = base.engine.speculation] = values.speculation
    ? oneOf(values.speculation, SPECULATION, '--speculation')
    : [];
  const config: BenchConfig = {
    ...base,
    ...(shapes && { shapes: [...new Set(shapes)] }),
    ...(sections && { sections }),
    ...(values.layers !== undefined && { layers: number(values.layers, '--layers') }),
    ...(values.contexts !== undefined && { contexts: numbers(values.contexts, '--contexts') }),
    ...(values.prefill !== undefined && { prefillLengths: numbers(values.prefill, '--prefill') }),
    ...(values.rounds !== undefined && { rounds: number(values.rounds, '--rounds') }),
    engine: {
      int8Activations: values.int8 ?? false,
      int8Kv: values['int8-kv'] ?? false,
      speculation,
    },
  };
  checkBenchConfig(config);
  if (values.against !== undefined && values.json !== undefined)
    throw new UsageError('--against prints a table and writes no file: leave --json out.');
  return { config, json: values.json, isMarkdown: values.markdown ?? false, against: values.against };
}

function oneOf<const T extends string>(list: string, known: readonly T[], option: string): T[] {
  return list.split(',').map((name) => {
    const found = known.find((one) => one === name.trim());
    if (!found) throw new UsageError(`${option} takes ${known.join(', ')}; not ${name}.`);
    return found;
  });
}

/** Ascending and each once: a cache only grows. */
function numbers(list: string, option: string): number[] {
  const all = list.split(',').map((text) => number(text.trim(), option));
  return [...new Set(all)].sort((a, b) => a - b);
}

/** `4k` is 4096. */
function number(text: string, option: string): number {
  const [, digits, thousands] = /^(\d{1,9})(k?)$/i.exec(text) ?? [];
  if (digits === undefined) throw new UsageError(`${option} takes whole numbers; not ${text || 'nothing'}.`);
  return Number(digits) * (thousands ? 1024 : 1);
}
