import type { RemoteSource } from '../../../store/convert-order';

/** Host that a source is read from: what a token is kept under. */
export function tokenHostOf(source: RemoteSource): string {
  if (source.kind === 'url') return new URL(source.url).host;
  return source.kind === 'hugging-face' ? 'huggingface.co' : 'modelscope.cn';
}
