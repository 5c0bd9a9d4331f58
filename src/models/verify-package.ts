/**
 * Proves that a stored package is whole: config, names, shapes and lengths (`openPackage`), then the content
 * of every file. `aerie.json` gives SHA-256 for all files; a package made by other tools has MD5 for its
 * shards at best. Used after an import and by the command line. One file is in memory at a time.
 */
import { AppError } from '../core/errors';
import { AERIE_MANIFEST_NAME, type AerieManifest, parseAerieManifest } from '../formats/aerie-manifest';
import { md5Hex, sha256Hex } from '../formats/hash';
import { readJson } from '../formats/json';
import type { MlcManifest } from '../formats/mlc-manifest';
import type { PackageFiles } from '../formats/package-files';
import { CHAT_CONFIG_NAME, type ModelPackage, openPackage } from './package';

export interface VerifyProgress {
  readonly file: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface VerifyOptions {
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface VerifiedPackage {
  readonly package: ModelPackage;
  /** Absent in packages made by other tools. */
  readonly aerie: AerieManifest | undefined;
  readonly files: readonly { name: string; sizeBytes: number; check: 'sha256' | 'md5' | 'length' }[];
}

interface Expected {
  readonly sizeBytes: number;
  readonly sha256?: string | undefined;
  readonly md5?: string | undefined;
}

/**
 * Throws what `openPackage` throws, `hash-mismatch` {file, expected, actual}, `format-invalid` where
 * `aerie.json` leaves a file of the package out, `aborted`.
 */
export async function verifyPackage(
  files: PackageFiles,
  { onProgress, signal }: VerifyOptions = {},
): Promise<VerifiedPackage> {
  const opened = await openPackage(files);
  const sizes = new Map((await files.list()).map(({ name, sizeBytes }) => [name, sizeBytes]));
  for (const file of tokenizerFiles(opened.chatConfig)) {
    if (!sizes.has(file)) throw new AppError('file-missing', { file });
  }
  const aerie = sizes.has(AERIE_MANIFEST_NAME)
    ? parseAerieManifest(await readJson(files, AERIE_MANIFEST_NAME))
    : undefined;
  const expected = aerie ? listedFiles(aerie, opened) : shardFiles(opened.manifest);
  const totalBytes = [...expected.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let doneBytes = 0;
  const checked: VerifiedPackage['files'][number][] = [];
  for (const [name, file] of expected) {
    if (signal?.aborted) throw new AppError('aborted');
    if (!sizes.has(name)) throw new AppError('file-missing', { file: name });
    const check = await checkFile(files, name, file);
    checked.push({ name, sizeBytes: file.sizeBytes, check });
    doneBytes += file.sizeBytes;
    onProgress?.({ file: name, doneBytes, totalBytes });
  }
  return { package: opened, aerie, files: checked };
}

async function checkFile(files: PackageFiles, name: string, file: Expected) {
  const bytes = await files.read(name);
  if (bytes.length !== file.sizeBytes) {
    throw new AppError('file-truncated', {
      file: name,
      expectedBytes: file.sizeBytes,
      actualBytes: bytes.length,
    });
  }
  const expected = file.sha256 ?? file.md5?.toLowerCase();
  if (expected === undefined) return 'length';
  const actual = file.sha256 === undefined ? md5Hex(bytes) : await sha256Hex(bytes);
  if (actual !== expected) throw new AppError('hash-mismatch', { file: name, expected, actual });
  return file.sha256 === undefined ? 'md5' : 'sha256';
}

/** Files of `aerie.json`, which must name everything that the engine reads. */
function listedFiles(aerie: AerieManifest, opened: ModelPackage): Map<string, Expected> {
  const listed = new Map<string, Expected>(aerie.files.map((file) => [file.name, file]));
  const needed = [
    CHAT_CONFIG_NAME,
    opened.manifestName,
    ...opened.manifest.shards.map(({ name }) => name),
    ...tokenizerFiles(opened.chatConfig),
  ];
  const missing = needed.find((name) => !listed.has(name));
  if (missing !== undefined) {
    throw new AppError('format-invalid', { file: AERIE_MANIFEST_NAME, reason: `does not list ${missing}` });
  }
  return listed;
}

function shardFiles(manifest: MlcManifest): Map<string, Expected> {
  return new Map(manifest.shards.map(({ name, sizeBytes, md5 }) => [name, { sizeBytes, md5 }]));
}

function tokenizerFiles(chatConfig: Readonly<Record<string, unknown>>): string[] {
  const names = chatConfig.tokenizer_files;
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}
