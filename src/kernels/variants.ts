/** Every variant of the decode kernels, with typical constants: what shaders/README.md lists and a test compiles. */
import type { PipelineSpec } from '../gpu/pipeline-cache';
import type { GemvMath } from './decode-tuning';
import { gemvPreludes, mathOf, weightsPreludes } from './matrix';

export interface ShaderVariant {
  readonly spec: PipelineSpec;
  /** Needs an adapter with subgroups. */
  readonly subgroups: boolean;
  /** Needs an adapter with shader-f16. */
  readonly f16: boolean;
}

const FORMATS = ['q4f16', 'q4f32', 'f16', 'f32'] as const;
const TEAMS = [
  { team: 'team_subgroup', subgroups: true },
  { team: 'team_lane', subgroups: true },
  { team: 'team_workgroup', subgroups: false },
] as const;
const NORM = { HIDDEN: 256, PARTS: 8, EPS: 1e-5 };
const HEADS = { HEADS: 4, KV_HEADS: 2, HEAD_DIM: 64 };

const MATHS: readonly GemvMath[] = ['f32', 'masked', 'half', 'int8'];
const COLS = 256;

/** Single lanes have no such variant. */
const isForTeams = (format: string, math: GemvMath): boolean =>
  math === 'half' || (math === 'f32' && format.startsWith('q4'));

/** The products of every format, math and team. */
function* gemvVariants(): Generator<ShaderVariant> {
  for (const format of FORMATS) {
    yield {
      spec: {
        op: 'embed_token',
        preludes: ['state', ...weightsPreludes({ format }), 'slice'],
        constants: { COLS },
      },
      subgroups: false,
      f16: false,
    };
    for (const math of MATHS) {
      if (mathOf({ format }, math) !== math) continue;
      for (const { team, subgroups } of TEAMS) {
        if (team === 'team_lane' && isForTeams(format, math)) continue;
        const gemv = gemvPreludes({ format }, { team, math });
        const add = (op: string, preludes: readonly string[], constants: Record<string, number>) => ({
          spec: { op, preludes, constants: { COLS, ...constants } },
          subgroups,
          f16: math === 'half',
        });
        // R is a number like any other; two rows compile fastest.
        const norm = { R: 2, ...NORM };
        const qkv = ['state', ...gemv, 'norm', 'slice'];
        yield add('qkv_rope', [...qkv, 'kv_store_f16'], { ...norm, ...HEADS });
        yield add('gemv_residual', [...gemv, 'slice'], { R: format === 'q4f16' ? 8 : 2 });
        yield add('gate_up', [...gemv, 'norm', 'slice'], norm);
        yield add('gemv_logits', [...gemv, 'norm', 'slice'], norm);
        if (math === 'f32' || math === 'masked') {
          yield add('qkv_rope', [...qkv, 'kv_store_scratch'], { ...norm, ...HEADS });
        }
      }
    }
  }
  yield { spec: { op: 'quantize_rows', constants: { GROUPS: 8 } }, subgroups: false, f16: false };
}

/** Attention of one token and of a few, over both formats of the cache, and the stores into the int8 one. */
function* attentionVariants(): Generator<ShaderVariant> {
  const anywhere = { subgroups: false, f16: false };
  for (const span of [
    ['state', 'span_state'],
    ['chunk', 'span_chunk'],
  ]) {
    const constants = { ...HEADS, MAX_SPLITS: 64 };
    for (const kv of ['kv_f16', 'kv_int8']) {
      const preludes = [...span, 'splits', kv];
      const rows = { QUERIES: 2, SCORES: 512, GATHER: 2 };
      yield { spec: { op: 'attention_split', preludes, constants: { ...constants, ...rows } }, ...anywhere };
    }
    const { KV_HEADS, ...merge } = constants;
    yield {
      spec: { op: 'attention_merge', preludes: [...span, 'splits'], constants: merge },
      ...anywhere,
    };
    yield {
      spec: { op: 'store_kv', preludes: span, constants: { KV_HEADS, HEAD_DIM: 64 } },
      ...anywhere,
    };
  }
}

function* decodeVariants(): Generator<ShaderVariant> {
  yield* gemvVariants();
  yield* attentionVariants();
}

export const DECODE_VARIANTS: readonly ShaderVariant[] = [...decodeVariants()];
