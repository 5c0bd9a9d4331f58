/**
 * Aquila2 (October 2023), its 70B experiments (November 2023) and the base models that replaced the first ones
 * under the same name (June 2024). Sources: the READMEs of Aquila2, the repositories of BAAI on Hugging Face with
 * their commit histories. Sizes are those of the file lists there; what is not listed is computed.
 */
import { AQUILA_7B, AQUILA2_34B, AQUILA2_70B, AQUILA2_OF_2024, parameterCount, type Shape } from './shapes';
import { shards, source } from './source-files';
import type { CatalogueModel } from './types';

const COMMON = { series: 'aquila2', status: 'available', licence: 'aquila', corrections: [] } as const;
const EXPERIMENT = { ...COMMON, status: 'experiment', licence: 'aquila-70b' } as const;

const shaped = (architecture: Shape) => ({ architecture, parameters: parameterCount(architecture) });

const AQUILACHAT2_7B_16K: Shape = { ...AQUILA_7B, ropeFactor: 8, contextLength: 16_384 };
const AQUILACHAT2_34B_16K: Shape = { ...AQUILA2_34B, ropeFactor: 4, contextLength: 16_384 };
const AQUILA2_7B_2024: Shape = { ...AQUILA_7B, ...AQUILA2_OF_2024 };
const AQUILA2_34B_2024: Shape = { ...AQUILA2_34B, ...AQUILA2_OF_2024 };

/** Seven shards of bf16, as all first 34B models have them; the sixth size is not listed. */
const halves34b = (repo: string, revision: string) =>
  source('hugging-face', AQUILA2_34B, {
    repo,
    revision,
    format: 'torch',
    dtype: 'BF16',
    files: shards('torch', 7, [9.99, 9.81, 9.74, 9.74, undefined, undefined, 8.63]),
  });

const halves70b = (repo: string, revision: string) =>
  source('hugging-face', AQUILA2_70B, {
    repo,
    revision,
    format: 'torch',
    dtype: 'BF16',
    files: shards('torch', 82, [1.94]),
  });

const CHAT_MODELS: readonly CatalogueModel[] = [
  {
    ...COMMON,
    ...shaped(AQUILA_7B),
    id: 'aquilachat2-7b',
    name: 'AquilaChat2-7B',
    kind: 'chat',
    family: 'aquilachat2-7b',
    // Its config says float16; three files of which the last is 9.29 GB are f32.
    sources: [
      source('hugging-face', AQUILA_7B, {
        repo: 'BAAI/AquilaChat2-7B',
        revision: 'f881b9247beff2e6607260e7ec0d4b1035cb24b8',
        format: 'torch',
        dtype: 'F32',
        files: shards('torch', 3, [undefined, undefined, 9.29]),
      }),
    ],
    unknown: [],
  },
  {
    ...COMMON,
    ...shaped(AQUILACHAT2_7B_16K),
    id: 'aquilachat2-7b-16k',
    name: 'AquilaChat2-7B-16K',
    kind: 'chat',
    family: 'aquilachat2-16k',
    sources: [
      source('hugging-face', AQUILACHAT2_7B_16K, {
        repo: 'BAAI/AquilaChat2-7B-16K',
        revision: 'fb46d48479d05086ccf6952f19018322fcbb54cd',
        format: 'torch',
        dtype: 'F32',
        files: shards('torch', 3, [9.94, 9.96, 9.29]),
      }),
    ],
    // The first commit, 1657b14, came without the scaling.
    corrections: [
      {
        field: 'rope_scaling',
        published: null,
        corrected: { type: 'linear', factor: 8 },
        reason: 'rope-scaling',
      },
      { field: 'max_position_embeddings', published: 2048, corrected: 16_384, reason: 'context' },
    ],
    unknown: [],
  },
  {
    ...COMMON,
    ...shaped(AQUILA2_34B),
    id: 'aquilachat2-34b',
    name: 'AquilaChat2-34B',
    kind: 'chat',
    family: 'aquilachat2-34b',
    sources: [
      halves34b('BAAI/AquilaChat2-34B', 'main'),
      source('modelscope', AQUILA2_34B, {
        repo: 'BAAI/AquilaChat2-34B',
        revision: 'master',
        format: 'torch',
        dtype: 'BF16',
      }),
    ],
    unknown: ['file-sizes'],
  },
  {
    ...COMMON,
    ...shaped(AQUILACHAT2_34B_16K),
    id: 'aquilachat2-34b-16k',
    name: 'AquilaChat2-34B-16K',
    kind: 'chat',
    family: 'aquilachat2-16k',
    sources: [halves34b('BAAI/AquilaChat2-34B-16K', '1692fcbf70d3a22d50e40657cb91c439181b11db')],
    // At 082e920 a second `rope_scaling`, null, hides the first.
    corrections: [
      {
        field: 'rope_scaling',
        published: null,
        corrected: { type: 'linear', factor: 4 },
        reason: 'rope-scaling',
      },
      { field: 'max_position_embeddings', published: 4096, corrected: 16_384, reason: 'context' },
    ],
    unknown: [],
  },
  {
    ...EXPERIMENT,
    ...shaped(AQUILA2_70B),
    id: 'aquilachat2-70b-expr',
    name: 'AquilaChat2-70B-Expr',
    kind: 'chat',
    family: 'aquilachat2-70b',
    sources: [halves70b('BAAI/AquilaChat2-70B-Expr', 'main')],
    // aquila-v2 as in its own `predict`; FastChat would take aquila-v1.
    unknown: ['prompt-format'],
  },
];

const BASE_MODELS: readonly CatalogueModel[] = [
  {
    ...COMMON,
    ...shaped(AQUILA2_7B_2024),
    id: 'aquila2-7b',
    name: 'Aquila2-7B',
    edition: '2024',
    kind: 'base',
    family: 'aquila2',
    // Its config says bfloat16; seven files of almost 5 GB are f32.
    sources: [
      source('hugging-face', AQUILA2_7B_2024, {
        repo: 'BAAI/Aquila2-7B',
        revision: '85c3ed1df869630a309758c7d336717b8c18b354',
        format: 'safetensors',
        dtype: 'F32',
        files: shards('safetensors', 7, [4.99, 4.92, 4.86, 4.86]),
      }),
    ],
    unknown: ['pre-tokenizer'],
  },
  {
    ...COMMON,
    ...shaped(AQUILA_7B),
    id: 'aquila2-7b-2023',
    name: 'Aquila2-7B',
    edition: '2023',
    kind: 'base',
    family: 'aquila2',
    status: 'superseded',
    supersededBy: 'aquila2-7b',
    // The last commit before the new model; its long form is in no source.
    sources: [
      source('hugging-face', AQUILA_7B, {
        repo: 'BAAI/Aquila2-7B',
        revision: '9c76e14',
        format: 'torch',
        dtype: 'F16',
        files: shards('torch', 2),
      }),
    ],
    unknown: ['full-commit', 'file-sizes'],
  },
  {
    ...COMMON,
    ...shaped(AQUILA2_34B_2024),
    id: 'aquila2-34b',
    name: 'Aquila2-34B',
    edition: '2024',
    kind: 'base',
    family: 'aquila2',
    // First in 16 files of bf16, later replaced by 29 files of f32 (config at 53d555a).
    sources: [
      source('hugging-face', AQUILA2_34B_2024, {
        repo: 'BAAI/Aquila2-34B',
        revision: 'main',
        format: 'safetensors',
        dtype: 'F32',
        files: shards('safetensors', 29),
      }),
    ],
    unknown: ['pre-tokenizer'],
  },
  {
    ...COMMON,
    ...shaped(AQUILA2_34B),
    id: 'aquila2-34b-2023',
    name: 'Aquila2-34B',
    edition: '2023',
    kind: 'base',
    family: 'aquila2',
    status: 'superseded',
    supersededBy: 'aquila2-34b',
    // January 2024, the last commit before the new model.
    sources: [halves34b('BAAI/Aquila2-34B', '356733caf6221e9dd898cde8ff189a98175526ec')],
    unknown: [],
  },
  {
    ...EXPERIMENT,
    ...shaped(AQUILA2_70B),
    id: 'aquila2-70b-expr',
    name: 'Aquila2-70B-Expr',
    kind: 'base',
    family: 'aquila2',
    sources: [halves70b('BAAI/Aquila2-70B-Expr', '32a2897235541b9f5238bbe88f8d76a19993c0ba')],
    unknown: [],
  },
];

export const AQUILA2_MODELS: readonly CatalogueModel[] = [...CHAT_MODELS, ...BASE_MODELS];
