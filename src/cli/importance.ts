import { writeFile } from 'node:fs/promises';
import { ImportanceCounter, importanceFile } from '../convert/importance';
import { parseOptions, required } from './args';
import { openCpuModel } from './open-cpu-model';
import { readSamples, windowOf } from './read-samples';

/** Runs a calibration text through a small model and writes how much each input of its matrices matters. */
export async function importance(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {
    model: { type: 'string' },
    text: { type: 'string' },
    out: { type: 'string' },
    window: { type: 'string', default: '256' },
  });
  const file = required(options.text, '--text');
  const out = required(options.out, '--out');
  const { architecture, text, start } = await openCpuModel(required(options.model, '--model'));
  const counter = new ImportanceCounter(architecture);
  let tokens = 0;
  try {
    const samples = await readSamples(file, text, architecture.contextLength, windowOf(options.window));
    for (const { ids } of samples) {
      const model = start(ids.length, counter.add);
      model.headInputs(model.feed(ids, 0));
      tokens += ids.length;
    }
  } finally {
    text.tokenizer.dispose();
  }
  const table = counter.table();
  await writeFile(out, importanceFile(table, tokens));
  console.log(`${out}: ${table.size} matrices, ${tokens} tokens`);
  return 0;
}
