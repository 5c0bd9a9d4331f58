/**
 * Ziya-LLaMA-13B (姜子牙): published as deltas over LLaMA-13B, because LLaMA's terms allow no more; others have put
 * merged copies online. Sources: the model cards and commit histories on Hugging Face, Fengshenbang-LM
 * fengshen/utils/apply_delta.py.
 */
import { LLAMA_13B_BYTES, parameterCount, ZIYA_13B } from './shapes';
import { shards, source } from './source-files';
import type { CatalogueModel, CatalogueSource } from './types';

const COMMON = {
  series: 'ziya',
  status: 'available',
  licence: 'gpl-3.0-llama',
  parameters: parameterCount(ZIYA_13B),
  architecture: ZIYA_13B,
  corrections: [],
} as const;

const delta = (repo: string, revision: string, files?: CatalogueSource['files']) =>
  source('hugging-face', ZIYA_13B, {
    repo,
    revision,
    format: 'torch',
    dtype: 'F16',
    isDelta: true,
    baseBytes: LLAMA_13B_BYTES,
    ...(files && { files }),
  });

/** Three shards; both copies have the same sizes. */
const merged = (repo: string, revision: string, by: string) =>
  source('hugging-face', ZIYA_13B, {
    repo,
    revision,
    by,
    format: 'torch',
    dtype: 'F16',
    files: shards('torch', 3, [9.97, 9.96, 6.26]),
  });

export const ZIYA_MODELS: readonly CatalogueModel[] = [
  {
    ...COMMON,
    id: 'ziya-llama-13b-v1.1',
    name: 'Ziya-LLaMA-13B-v1.1',
    kind: 'chat',
    family: 'ziya',
    sources: [
      delta('IDEA-CCNL/Ziya-LLaMA-13B-v1.1', 'main'),
      merged('erberry/Ziya-LLaMA-13B-v1.1-merged', 'main', 'erberry'),
    ],
    unknown: ['prompt-format', 'sampling', 'file-sizes'],
  },
  {
    ...COMMON,
    id: 'ziya-llama-13b-v1',
    name: 'Ziya-LLaMA-13B-v1',
    kind: 'chat',
    family: 'ziya',
    // After the last change of a weight file, 30 May 2023.
    sources: [
      delta(
        'IDEA-CCNL/Ziya-LLaMA-13B-v1',
        '2210aa5775435d8b3cc7d6d7c2352048366d407f',
        shards('torch', 28, [0.897, 0.986, 0.918, 0.986, 0.918, 0.986, 0.918, 0.986, 0.918, 0.986]),
      ),
    ],
    unknown: ['turn-separator', 'space-after-role'],
  },
  {
    ...COMMON,
    id: 'ziya-llama-13b-pretrain-v1',
    name: 'Ziya-LLaMA-13B-Pretrain-v1',
    kind: 'base',
    family: 'ziya-pretrain',
    sources: [
      delta('IDEA-CCNL/Ziya-LLaMA-13B-Pretrain-v1', 'main'),
      merged('YeungNLP/Ziya-LLaMA-13B-Pretrain-v1', 'a4069fc2c82cc4feaf613503e6387245141d3450', 'YeungNLP'),
    ],
    unknown: ['file-sizes'],
  },
];
