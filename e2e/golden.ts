/** The tiny checkpoint with known answers: where it lies, the package made of it, and what it must say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedPath } from '../src/tasks/shared-data';

export const GOLDEN_MODEL = 'tiny-aquilachat';
/** Environment variable with the folder of the converted package, set by the global setup. */
export const PACKAGE_FOLDER = 'AERIE_JOURNEY_PACKAGE';

interface Source {
  readonly source: string;
  readonly tokenizer: string;
}

export function goldenSource(): Source | undefined {
  const source = sharedPath('fixtures', GOLDEN_MODEL);
  const tokenizer = sharedPath('tokenizers', 'aquila');
  return source && tokenizer ? { source, tokenizer } : undefined;
}

/** Folder of the converted package, or undefined on a machine without the checkpoint. */
export const goldenPackage = (): string | undefined => process.env[PACKAGE_FOLDER];

export interface Turn {
  readonly question: string;
  /** What greedy decoding of the quantised weights writes. */
  readonly answer: string;
}

interface GoldenCase {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly q4f16_1: { readonly text: string };
}

/** The dialogue of one golden case: its earlier turns as given, the last with the expected answer. */
export function goldenDialogue(question: string): readonly Turn[] {
  const path = join(goldenSource()!.source, 'golden.json');
  const { greedy } = JSON.parse(readFileSync(path, 'utf8')) as { greedy: readonly GoldenCase[] };
  const found = greedy.filter(({ messages }) => messages.at(-1)?.content === question);
  const longest = found.sort((a, b) => b.messages.length - a.messages.length)[0];
  if (!longest) throw new Error(`no golden case asks ${question}`);
  const texts = [...longest.messages.map(({ content }) => content), longest.q4f16_1.text.trim()];
  return texts.flatMap((text, at) => (at % 2 === 0 ? [{ question: text, answer: texts[at + 1]! }] : []));
}
