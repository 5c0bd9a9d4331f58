/** What a folder under construction holds, on disk beside it: written before and after every file. */
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { isSafeFileName } from '../formats/mlc-manifest';
import { replaceFile } from './durable-file';

const Hex = (length: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${length}}$`)));
const FileSchema = v.object({
  name: v.pipe(v.string(), v.check(isSafeFileName, 'not a plain relative path')),
  sizeBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  sha256: Hex(64),
  md5: v.exactOptional(Hex(32)),
  /** False from before its first byte until it was read back. */
  isWhole: v.boolean(),
});
const StateSchema = v.object({
  format: v.literal(1),
  fingerprint: v.string(),
  files: v.array(FileSchema),
});

export type FileState = v.InferOutput<typeof FileSchema>;
export interface FolderState {
  readonly fingerprint: string;
  readonly files: ReadonlyMap<string, FileState>;
}

/** Undefined where there is none, or none that can be read: then nothing counts as there. */
export async function readState(path: string): Promise<FolderState | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(StateSchema, json);
  if (!parsed.success) return undefined;
  const { fingerprint, files } = parsed.output;
  return { fingerprint, files: new Map(files.map((file) => [file.name, file])) };
}

export async function writeState(path: string, { fingerprint, files }: FolderState): Promise<void> {
  await replaceFile(path, `${JSON.stringify({ format: 1, fingerprint, files: [...files.values()] })}\n`);
}
