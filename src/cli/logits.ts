import { readFile, writeFile } from 'node:fs/promises';
import * as v from 'valibot';
import { AppError } from '../core/errors';
import { parseJson } from '../formats/json';
import { parseOptions, required } from './args';
import { openModel } from './open-model';

const Ids = v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), v.minLength(1));

/** Little-endian float32 logits [vocab] after the last of a sequence of ids. */
export async function logits(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {
    model: { type: 'string' },
    ids: { type: 'string' },
    out: { type: 'string' },
  });
  const folder = required(options.model, '--model');
  const file = required(options.ids, '--ids');
  const out = required(options.out, '--out');
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new AppError('file-missing', { file }, error);
  });
  const ids = v.safeParse(Ids, parseJson(bytes, file));
  if (!ids.success) throw new AppError('format-invalid', { file, reason: 'not an array of token ids' });
  const { runner, text } = await openModel(folder);
  try {
    await runner.prefill(ids.output);
    const values = await runner.readLogits(); // f32 [vocab]
    const data = new DataView(new ArrayBuffer(values.length * 4));
    for (const [index, value] of values.entries()) data.setFloat32(index * 4, value, true);
    await writeFile(out, new Uint8Array(data.buffer));
    return 0;
  } finally {
    runner.dispose();
    text.tokenizer.dispose();
  }
}
