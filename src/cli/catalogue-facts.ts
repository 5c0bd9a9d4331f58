/** What the catalogue's list, pages and JSON tell alike. */
import type { Quantization } from '../models/architecture';
import { type MemoryNeeded, memoryNeeded } from '../models/catalogue/memory';
import type { Shape } from '../models/catalogue/shapes';
import type { CatalogueModel, CatalogueSource } from '../models/catalogue/types';
import { type Verdict, verdict } from '../models/catalogue/verdict';

/** What list and verdicts are told for. */
export const QUANTIZATION: Quantization = 'q4f16_1';

const CONVERT = 'npm run --silent aerie -- convert';

export function fullContext(shape: Shape, quantization: Quantization): MemoryNeeded {
  return memoryNeeded(shape, quantization, shape.contextLength);
}

/** Undefined where the shape is not known. */
export function verdictOf(
  { architecture }: CatalogueModel,
  memoryBytes: number | undefined,
): Verdict | undefined {
  return architecture && verdict(fullContext(architecture, QUANTIZATION), undefined, memoryBytes);
}

export function convertLine({ id }: CatalogueModel, source: CatalogueSource): string {
  const base = source.isDelta ? ' --base LLAMA-13B-FOLDER' : '';
  return `${CONVERT} --source ${specOf(source)}${base} --quantization ${QUANTIZATION} --out ${id}-${QUANTIZATION}`;
}

/** As `convert --source` reads it; the branch that it takes by itself is left out. */
export function specOf({ host, repo, revision }: CatalogueSource): string {
  const isDefault = revision === (host === 'hugging-face' ? 'main' : 'master');
  return `${host === 'hugging-face' ? 'hf' : 'modelscope'}:${repo}${isDefault ? '' : `@${revision}`}`;
}

/** `~` before what is worked out from the parameters. */
export function downloadText({ downloadBytes, isComputed }: CatalogueSource): string {
  return `${isComputed ? '~' : ''}${gb(downloadBytes)}`;
}

export function gb(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

export function gib(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
