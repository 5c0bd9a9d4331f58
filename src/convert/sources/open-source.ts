import type { CheckpointFiles } from '../../formats/package-files';
import { baseUrl } from './base-url';
import { type HttpOptions, httpClient } from './http-client';
import { huggingFace } from './hugging-face';
import { modelScope } from './modelscope';
import { checkedUrl, hubSpec, type SourceSpec } from './source-spec';

export interface OpenSourceOptions extends HttpOptions {
  /** Other bases for the hubs: a mirror, or a local server in tests. No slash at the end. */
  readonly hosts?: { readonly huggingFace?: string; readonly modelScope?: string } | undefined;
}

/**
 * Finds out what a source holds; weights are not read yet. The signal ends this and every later read.
 * Throws AppError `model-unknown`, `file-missing`, `source-refused`, `source-limited`, `download-failed`,
 * `format-invalid`, `aborted`.
 */
export async function openSource(
  spec: SourceSpec,
  options: OpenSourceOptions = {},
): Promise<CheckpointFiles> {
  const { hosts, ...http } = options;
  if (spec.kind === 'url') return baseUrl(httpClient(http), checkedUrl(spec.url).href);
  // A kept order may be older than the rules, or not ours: a name with `..` must not reach an address.
  const { repo, revision } = hubSpec(spec.kind, spec.repo, spec.revision);
  if (spec.kind === 'hugging-face') return huggingFace(httpClient(http), repo, revision, hosts?.huggingFace);
  return modelScope(httpClient({ ...http, token: undefined }), repo, revision, hosts?.modelScope);
}
