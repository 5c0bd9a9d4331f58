/**
 * Finds out what a package consists of before its weights are fetched: from `aerie.json` where there is one
 * (length and SHA-256 of every file), otherwise from MLC's own files. The small files are read here and the
 * architecture is checked against the list of tensors, so that gigabytes are not moved for a package that
 * cannot run.
 */
import { AppError } from '../core/errors';
import { AERIE_MANIFEST_NAME, type AerieManifest, parseAerieManifest } from '../formats/aerie-manifest';
import { sha256Hex } from '../formats/hash';
import { isRecord, parseJson } from '../formats/json';
import { isSafeFileName, MANIFEST_NAMES, parseMlcManifest } from '../formats/mlc-manifest';
import type { PackageFiles } from '../formats/package-files';
import { fromConvTemplate } from '../models/conv-template';
import { readGenerationDefaults } from '../models/generation-defaults';
import { CHAT_CONFIG_NAME, openPackage } from '../models/package';
import type { PackageSource } from './package-source';
import { type ReadTiming, readWhole } from './read-file';

export interface PlannedFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256?: string;
  readonly md5?: string;
}

export interface PackagePlan {
  readonly name: string;
  readonly source: string;
  readonly licence: string;
  readonly quantization: string;
  readonly contextLength: number;
  readonly files: readonly PlannedFile[];
  readonly sizeBytes: number;
  /** SHA-256 over the list of files. */
  readonly fingerprint: string;
  /** Files that were read already. */
  readonly known: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Beside those that the configuration names; a package may lack any of them. */
const OPTIONAL_FILES = ['tokenizer_config.json', 'added_tokens.json', 'special_tokens_map.json'];
/** Each of these sets is a tokenizer. */
const TOKENIZERS = [['tokenizer.json'], ['tokenizer.model'], ['vocab.json', 'merges.txt']];

/**
 * @throws AppError `file-missing`, `download-failed`, `format-invalid`, `hash-mismatch`, `file-truncated`,
 *   and for a package that cannot run `config-invalid`, `architecture-unknown`, `quantization-unknown`,
 *   `tensor-missing`, `tensor-mismatch`.
 */
export async function readPlan(
  source: PackageSource,
  signal: AbortSignal,
  timing?: ReadTiming,
): Promise<PackagePlan> {
  const reader = new SmallFiles(source, signal, timing);
  const aerie = await reader.readOptional(AERIE_MANIFEST_NAME);
  const manifest = aerie ? parseAerieManifest(parseJson(aerie, AERIE_MANIFEST_NAME)) : undefined;
  const files = manifest ? await listedFiles(reader, manifest) : await discoveredFiles(reader);
  const names = new Set(files.map(({ name }) => name));
  if (!TOKENIZERS.some((set) => set.every((name) => names.has(name))))
    throw new AppError('file-missing', { file: 'tokenizer.json' });
  const { architecture, chatConfig } = await openPackage(plannedFiles(files, reader.known));
  fromConvTemplate(chatConfig.conv_template);
  readGenerationDefaults(chatConfig);
  return {
    name: manifest?.name || source.label,
    source: source.address,
    licence: manifest?.licence ?? '',
    quantization: architecture.quantization,
    contextLength: architecture.contextLength,
    files,
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    fingerprint: await fingerprintOf(files),
    known: reader.known,
  };
}

/** SHA-256 over the list of files. */
export function fingerprintOf(files: readonly PlannedFile[]): Promise<string> {
  const list = files.map(({ name, sizeBytes, sha256, md5 }) => [name, sizeBytes, sha256 ?? md5 ?? '']);
  return sha256Hex(new TextEncoder().encode(JSON.stringify(list)));
}

async function listedFiles(reader: SmallFiles, { files }: AerieManifest): Promise<PlannedFile[]> {
  for (const { name, sizeBytes } of files) reader.checkListing(name, sizeBytes);
  for (const name of [CHAT_CONFIG_NAME, ...MANIFEST_NAMES]) {
    const file = files.find((entry) => entry.name === name);
    if (file) await reader.read(name, file);
  }
  const own = reader.known.get(AERIE_MANIFEST_NAME)!;
  return [...files, { name: AERIE_MANIFEST_NAME, sizeBytes: own.length, sha256: await sha256Hex(own) }];
}

/** A package as MLC makes it: the manifest names the shards, the configuration names the tokenizer's files. */
async function discoveredFiles(reader: SmallFiles): Promise<PlannedFile[]> {
  const config = parseJson(await reader.read(CHAT_CONFIG_NAME), CHAT_CONFIG_NAME);
  const [newest, oldest] = MANIFEST_NAMES;
  const newer = await reader.readOptional(newest);
  const manifestName = newer ? newest : oldest;
  const manifest = parseMlcManifest(
    parseJson(newer ?? (await reader.read(oldest)), manifestName),
    manifestName,
  );
  const named = isRecord(config) && Array.isArray(config.tokenizer_files) ? config.tokenizer_files : [];
  const tokenizerFiles = new Set<unknown>([...named, ...TOKENIZERS.flat(), ...OPTIONAL_FILES]);
  for (const name of tokenizerFiles) {
    // Servers are not asked for what nobody announced, except for the small files a tokenizer may need.
    const isLikely = named.length === 0 || named.includes(name) || OPTIONAL_FILES.includes(String(name));
    if (typeof name === 'string' && isSafeFileName(name) && (isLikely || reader.isListed(name)))
      await reader.readOptional(name);
  }
  for (const { name, sizeBytes } of manifest.shards) reader.checkListing(name, sizeBytes);
  return [
    ...[...reader.known].map(([name, bytes]) => ({ name, sizeBytes: bytes.length })),
    ...manifest.shards.map(({ name, sizeBytes, md5 }) => ({ name, sizeBytes, ...(md5 && { md5 }) })),
  ];
}

/** The package as `openPackage` needs it: every length, and the bytes of what was read. */
function plannedFiles(
  files: readonly PlannedFile[],
  known: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
): PackageFiles {
  const read = async (name: string) => {
    const bytes = known.get(name);
    if (!bytes) throw new AppError('file-missing', { file: name });
    return bytes;
  };
  return {
    list: async () => files.map(({ name, sizeBytes }) => ({ name, sizeBytes })),
    read,
    readRange: async (name, start, end) => (await read(name)).slice(start, end),
  };
}

/** Reads small files of a source once each and remembers them. */
class SmallFiles {
  readonly known = new Map<string, Uint8Array<ArrayBuffer>>();

  constructor(
    private readonly source: PackageSource,
    private readonly signal: AbortSignal,
    private readonly timing: ReadTiming | undefined,
  ) {}

  async read(name: string, expected?: PlannedFile): Promise<Uint8Array<ArrayBuffer>> {
    const { signal, timing } = this;
    // The files that describe a package are tiny: a cached copy of an older package must not meet new shards.
    const options = { signal, sizeBytes: expected?.sizeBytes, fresh: true, ...(timing && { timing }) };
    const bytes = await readWhole(this.source, name, options);
    if (expected?.sha256 && (await sha256Hex(bytes)) !== expected.sha256)
      throw new AppError('hash-mismatch', { file: name });
    this.known.set(name, bytes);
    return bytes;
  }

  async readOptional(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      return await this.read(name);
    } catch (error) {
      if (AppError.from(error).code === 'file-missing') return undefined;
      throw error;
    }
  }

  isListed(name: string): boolean {
    return this.source.listing?.has(name) ?? false;
  }

  /** Given files tell their length at once. @throws AppError `file-missing`, `file-truncated`. */
  checkListing(name: string, expectedBytes: number): void {
    const { listing } = this.source;
    if (!listing) return;
    const foundBytes = listing.get(name);
    if (foundBytes === undefined) throw new AppError('file-missing', { file: name });
    if (foundBytes !== expectedBytes)
      throw new AppError('file-truncated', { file: name, expectedBytes, foundBytes });
  }
}
