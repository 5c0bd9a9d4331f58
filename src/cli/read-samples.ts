/** Token sequences of a file of text or dialogues, for reports that run a model over them. */
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { AppError } from '../core/errors';
import type { ModelText } from '../engine/model-text';
import { parseJson } from '../formats/json';
import { UsageError } from './args';

const Message = v.object({ role: v.picklist(['system', 'user', 'assistant']), content: v.string() });
const Dialogues = v.array(v.array(Message));

export interface Sample {
  readonly ids: readonly number[];
  /** First of `ids` that counts: of an answer, its first token; of a text, the one after the first. */
  readonly scoredFrom: number;
}

/**
 * A `.json` file is an array of dialogues (arrays of {role, content}) that end with an answer, each put into the
 * model's prompt format; the answer counts. Any other file is text, cut into windows. Throws AppError
 * `file-missing`, `format-invalid`, and what building a prompt throws.
 */
export async function readSamples(
  file: string,
  text: ModelText,
  contextLength: number,
  window: number,
): Promise<Sample[]> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new AppError('file-missing', { file }, error);
  });
  if (!file.endsWith('.json')) {
    return windows(text, new TextDecoder().decode(bytes), Math.min(window, contextLength));
  }
  const dialogues = v.safeParse(Dialogues, parseJson(new Uint8Array(bytes), file));
  if (!dialogues.success) throw new AppError('format-invalid', { file, reason: 'not an array of dialogues' });
  return dialogues.output.map((messages, index) => {
    const answer = messages.at(-1);
    if (answer?.role !== 'assistant') {
      throw new AppError('format-invalid', { file, reason: `dialogue ${index} does not end with an answer` });
    }
    const { ids, lead } = text.fillChat(messages.slice(0, -1), contextLength, undefined);
    const answered = text.tokenizer.encode(lead + answer.content, { specials: false });
    return { ids: [...ids, ...answered].slice(0, contextLength), scoredFrom: ids.length };
  });
}

/** `--window`: tokens of a text that are read together. Throws UsageError. */
export function windowOf(value: string): number {
  const window = Number(value);
  if (Number.isInteger(window) && window > 1) return window;
  throw new UsageError(`--window ${value} is no length.`);
}

function windows(text: ModelText, content: string, window: number): Sample[] {
  const { ids } = text.fillCompletion(content);
  const samples: Sample[] = [];
  for (let start = 0; start < ids.length - 1; start += window) {
    samples.push({ ids: ids.slice(start, start + window), scoredFrom: 1 });
  }
  return samples;
}
