/** Every variant of the decode kernels, with typical constants: what shaders/README.md lists and a test compiles. */
import type { PipelineSpec } from '../gpu/pipeline-cache';

export interface ShaderVariant {
  readonly spec: PipelineSpec;
  /** Needs an adapter with subgroups. */
  readonly subgroups: boolean;
}

const FORMATS = ['q4f16', 'q4f32', 'f16', 'f32'] as const;
const TEAMS = [
  { prelude: 'team_subgroup', subgroups: true },
  { prelude: 'team_workgroup', subgroups: false },
] as const;
const NORM = { HIDDEN: 256, PARTS: 8, EPS: 1e-5 };
const HEADS = { HEADS: 4, KV_HEADS: 2, HEAD_DIM: 64 };

function* decodeVariants(): Generator<ShaderVariant> {
  for (const format of FORMATS) {
    const weights = `weights_${format}`;
    const COLS = 256;
    yield {
      spec: { op: 'embed_token', preludes: ['state', weights, 'slice'], constants: { COLS } },
      subgroups: false,
    };
    for (const { prelude, subgroups } of TEAMS) {
      const gemv = [prelude, weights, 'gemv'];
      const add = (op: string, preludes: readonly string[], constants: Record<string, number>) => ({
        spec: { op, preludes, constants: { COLS, ...constants } },
        subgroups,
      });
      yield add('qkv_rope', ['state', ...gemv, 'norm', 'slice', 'kv_store_f16'], { ...NORM, ...HEADS });
      yield add('gemv_residual', [...gemv, 'slice'], { R: 2 });
      yield add('gemv_residual', [...gemv, 'slice'], { R: 4 });
      yield add('gate_up', [...gemv, 'norm', 'slice'], NORM);
      yield add('gemv_logits', [...gemv, 'norm', 'slice'], NORM);
    }
  }
  const preludes = ['state', 'splits'];
  yield {
    spec: { op: 'attention_split', preludes, constants: { ...HEADS, MAX_SPLITS: 64, QUERIES: 2 } },
    subgroups: false,
  };
  yield {
    spec: { op: 'attention_merge', preludes, constants: { HEAD_DIM: 64, MAX_SPLITS: 64 } },
    subgroups: false,
  };
}

export const DECODE_VARIANTS: readonly ShaderVariant[] = [...decodeVariants()];
