/** How the entries of the catalogue write down files and sources. */
import { parameterCount, type Shape } from './shapes';
import type { CatalogueFile, CatalogueSource } from './types';

export const DTYPE_BYTES = { F16: 2, BF16: 2, F32: 4 } as const;

/** A published size, as its host shows it: three digits of gigabytes. */
const bytesOf = (gigabytes: number | undefined) =>
  gigabytes === undefined ? undefined : Math.round(gigabytes * 1e9);

/** `STEM-00001-of-0000N.EXT` and so on. `gigabytes` are the published sizes; what is not given is unknown. */
export function shards(
  format: CatalogueSource['format'],
  count: number,
  gigabytes: readonly (number | undefined)[] = [],
): CatalogueFile[] {
  const [stem, extension] = format === 'torch' ? ['pytorch_model', 'bin'] : ['model', 'safetensors'];
  const digits = (number: number) => String(number).padStart(5, '0');
  return Array.from({ length: count }, (_, index) => ({
    name: `${stem}-${digits(index + 1)}-of-${digits(count)}.${extension}`,
    sizeBytes: bytesOf(gigabytes[index]),
  }));
}

type Told = Omit<CatalogueSource, 'host' | 'downloadBytes' | 'isComputed'>;

/** Adds the download: the sum of the files where all sizes are known, otherwise parameters times their size. */
export function source(host: CatalogueSource['host'], shape: Shape, told: Told): CatalogueSource {
  const sizes = told.files?.map(({ sizeBytes }) => sizeBytes) ?? [undefined];
  if (sizes.every((size) => size !== undefined))
    return { host, ...told, downloadBytes: sizes.reduce((sum, size) => sum + size, 0) };
  const downloadBytes = parameterCount(shape) * DTYPE_BYTES[told.dtype];
  return { host, ...told, downloadBytes, isComputed: true };
}
