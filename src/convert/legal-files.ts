/**
 * What has to travel with converted weights: the publisher's licence and notices, and a note of what was
 * changed. Aquila's agreement asks for both from everyone who passes a model on.
 */
import type { CheckpointFiles } from '../formats/package-files';

const LEGAL_NAME = /licen[cs]e|agreement|notice/i;
const MOST_BYTES = 4 << 20;
const MOST_FILES = 8;
export const NOTICE_NAME = 'NOTICE.md';

/** The publisher's licence and notice files; what is larger than a text or a scan of one is none. */
export async function readLegalFiles(source: CheckpointFiles): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const found = (await source.list())
    .filter(({ name, sizeBytes }) => {
      const isSmall = sizeBytes !== undefined && sizeBytes <= MOST_BYTES;
      return isSmall && !name.includes('/') && LEGAL_NAME.test(name);
    })
    .map(({ name }) => name)
    .sort()
    .slice(0, MOST_FILES);
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const name of found) files.set(name, await source.read(name));
  return files;
}

export interface NoticeFacts {
  readonly name: string;
  readonly licence: string;
  readonly quantization: string;
  readonly source: Pick<CheckpointFiles, 'origin' | 'revision'>;
  readonly base: Pick<CheckpointFiles, 'origin' | 'revision'> | undefined;
  readonly lora: Pick<CheckpointFiles, 'origin' | 'revision'> | undefined;
  readonly legalFiles: readonly string[];
}

/** Bytes of `NOTICE.md`. */
export function noticeBytes(facts: NoticeFacts): Uint8Array<ArrayBuffer> {
  const { name, licence, quantization, source, base, lora, legalFiles } = facts;
  const lines = [
    `# ${name}`,
    '',
    `- Source: ${place(source)}`,
    ...(base ? [`- Base model that the published delta was added to: ${place(base)}`] : []),
    ...(lora ? [`- LoRA merged into the weights: ${place(lora)}`] : []),
    `- Licence: ${licence === '' ? 'see the source' : licence}`,
    ...(legalFiles.length > 0 ? [`- Licence and notices of the publisher: ${legalFiles.join(', ')}`] : []),
    '',
    `Converted and quantised (${quantization}) by Aerie; the weights are modified and differ from those that the`,
    'publisher released. Whoever passes this package on passes on these notices with it.',
    '',
  ];
  return new TextEncoder().encode(lines.join('\n'));
}

function place({ origin, revision }: Pick<CheckpointFiles, 'origin' | 'revision'>): string {
  const where = origin === '' ? 'not stated' : origin;
  return revision === '' ? where : `${where}, revision ${revision}`;
}
