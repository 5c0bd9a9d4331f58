/** The steps of one shape, known before the run so that its progress can be told; the run asks for them by section. */
import type { BenchPace } from './config';
import type { WeighedStep } from './progress';
import type { BenchConfig, BenchSection, BenchShape } from './types';

/** About the time that a step takes, in seconds of a run that is not quick, on an adapter that is. */
const LOAD_WEIGHT = 4;
const KERNELS_WEIGHT = 5;
const ATTENTION_WEIGHT = 2;
const DECODE_WEIGHT = 4;
const PREFILL_WEIGHT_PER_TOKEN = 0.01;
const SPECULATION_WEIGHT = 8;

export function shapeSteps(config: BenchConfig, shape: BenchShape, pace: BenchPace): WeighedStep[] {
  const has = (section: BenchSection) => config.sections.includes(section);
  const steps: WeighedStep[] = [{ step: { section: 'load', shape }, weight: LOAD_WEIGHT }];
  const each = (section: BenchSection, all: readonly number[], weight: (tokens: number) => number) => {
    if (has(section)) {
      for (const tokens of all) steps.push({ step: { section, shape, tokens }, weight: weight(tokens) });
    }
  };
  each('prefill', config.prefillLengths, (tokens) => tokens * PREFILL_WEIGHT_PER_TOKEN);
  each('firstToken', [pace.promptTokens], (tokens) => 2 * tokens * PREFILL_WEIGHT_PER_TOKEN);
  const [first] = config.contexts;
  each('kernels', config.contexts, (tokens) => (tokens === first ? KERNELS_WEIGHT : ATTENTION_WEIGHT));
  each('decode', config.contexts, () => DECODE_WEIGHT);
  if (has('speculation') && config.engine.speculation !== 'off') {
    const tokens = pace.repeatedContext;
    steps.push({ step: { section: 'speculation', shape, tokens }, weight: SPECULATION_WEIGHT });
  }
  return steps;
}
