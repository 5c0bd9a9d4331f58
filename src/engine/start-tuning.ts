import type { Gpu } from '../gpu/device';
import {
  type DecodeTuning,
  decodeTuning,
  GEMV_KINDS,
  type GemvKind,
  type GemvTuning,
} from '../kernels/decode-tuning';
import type { Architecture } from '../models/architecture';
import type { EngineOptions } from './engine-options';

/** What the adapter starts with, in 8-bit integers where they are wanted and the matrices allow it. */
export function startTuning(
  gpu: Gpu,
  architecture: Pick<Architecture, 'quantization' | 'kvHeads' | 'hidden'>,
  { int8Activations }: EngineOptions,
): DecodeTuning {
  const tuning = decodeTuning(gpu, architecture);
  if (!int8Activations || !architecture.quantization.startsWith('q4')) return tuning;
  const gemv = GEMV_KINDS.map((kind): [GemvKind, GemvTuning] => [
    kind,
    { ...tuning.gemv[kind], math: 'int8' },
  ]);
  return { ...tuning, gemv: Object.fromEntries(gemv) as DecodeTuning['gemv'] };
}
