import { existsSync } from 'node:fs';
import { openSource } from '../convert/sources/open-source';
import { parseSourceSpec } from '../convert/sources/source-spec';
import { AppError } from '../core/errors';
import type { CheckpointFiles } from '../formats/package-files';
import { folderFiles } from './folder-files';

export interface Access {
  /** For Hugging Face, and sent to no other host. */
  readonly token: string | undefined;
  readonly signal: AbortSignal;
}

/** The folder that an argument names, undefined where it names something on the network. */
export function localFolder(text: string): string | undefined {
  return parseSourceSpec(text) === undefined ? text : undefined;
}

/**
 * `hf:ORG/NAME@REV`, `modelscope:ORG/NAME`, an address, or a folder. Throws AppError `file-missing` and what
 * `openSource` throws.
 */
export async function openCheckpointFiles(text: string, { token, signal }: Access): Promise<CheckpointFiles> {
  const spec = parseSourceSpec(text);
  // The variable by which Hugging Face's own tools are sent to a mirror; it gets no token.
  const endpoint = process.env.HF_ENDPOINT?.replace(/\/+$/, '');
  if (spec === undefined) {
    if (!existsSync(text)) throw new AppError('file-missing', { file: text });
    return folderFiles(text);
  }
  return openSource(spec, {
    signal,
    token: (host) => (host === 'huggingface.co' ? token : undefined),
    hosts: endpoint === undefined ? {} : { huggingFace: endpoint },
  });
}
