import { parseOptions, required } from './args';
import { openCpuModel } from './open-cpu-model';
import { readSamples, windowOf } from './read-samples';

/** Mean negative log-likelihood of a text, or of the answers of dialogues, in float64. */
export async function perplexity(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {
    model: { type: 'string' },
    text: { type: 'string' },
    window: { type: 'string', default: '256' },
    json: { type: 'boolean', default: false },
  });
  const file = required(options.text, '--text');
  const { architecture, text, start } = await openCpuModel(required(options.model, '--model'));
  const { hidden, contextLength } = architecture;
  let loss = 0;
  let tokens = 0;
  let likeliest = 0;
  try {
    for (const { ids, scoredFrom } of await readSamples(
      file,
      text,
      contextLength,
      windowOf(options.window),
    )) {
      const model = start(ids.length);
      const residuals = model.feed(ids, 0); // [ids, hidden]
      for (let at = scoredFrom; at < ids.length; at++) {
        const logits = model.logits(residuals.subarray((at - 1) * hidden, at * hidden)); // [vocab]
        loss += negativeLogLikelihood(logits, ids[at]!);
        tokens++;
        if (logits.every((logit) => logit <= logits[ids[at]!]!)) likeliest++;
      }
    }
  } finally {
    text.tokenizer.dispose();
  }
  const mean = loss / Math.max(1, tokens);
  const report = {
    tokens,
    loss: mean,
    perplexity: Math.exp(mean),
    accuracy: likeliest / Math.max(1, tokens),
  };
  if (options.json) console.log(JSON.stringify(report));
  else {
    const percent = (100 * report.accuracy).toFixed(2);
    console.log(
      `${tokens} tokens, loss ${mean.toFixed(5)}, perplexity ${report.perplexity.toFixed(4)}, ${percent} % likeliest`,
    );
  }
  return 0;
}

/** -log softmax(logits)[id]; logits [vocab]. */
function negativeLogLikelihood(logits: Float64Array, id: number): number {
  const highest = logits.reduce((a, b) => Math.max(a, b));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return highest + Math.log(sum) - logits[id]!;
}
