/**
 * Aquila of 2023 (悟道·天鹰). Sources: the READMEs and change logs of FlagAI, the repositories of BAAI on Hugging
 * Face with their commit histories. Sizes are those of the file lists there; what is not listed is computed.
 */
import { AQUILA_7B, AQUILA_33B, parameterCount, type Shape } from './shapes';
import { shards, source } from './source-files';
import { AQUILA_TOKEN_IDS } from './token-ids';
import type { CatalogueModel } from './types';

const COMMON = {
  series: 'aquila',
  status: 'available',
  licence: 'aquila',
  corrections: AQUILA_TOKEN_IDS,
} as const;

const shaped = (architecture: Shape) => ({ architecture, parameters: parameterCount(architecture) });

/** Two shards of half floats, as all 7B models but AquilaChat have them. */
const halves = (repo: string, revision: string) =>
  source('hugging-face', AQUILA_7B, {
    repo,
    revision,
    format: 'torch',
    dtype: 'F16',
    files: shards('torch', 2, [9.95, 4.64]),
  });

/** Released in June 2023; there is no word of its files since, nor of its shape. */
const supersededCode = (id: string, name: string): CatalogueModel => ({
  ...COMMON,
  id,
  name,
  kind: 'code',
  family: 'aquilacode',
  status: 'superseded',
  supersededBy: 'aquilacode-multi',
  parameters: undefined,
  architecture: undefined,
  sources: [],
  corrections: [],
  unknown: ['architecture', 'parameters', 'sources'],
});

export const AQUILA_MODELS: readonly CatalogueModel[] = [
  {
    ...COMMON,
    ...shaped(AQUILA_7B),
    id: 'aquilachat-7b',
    name: 'AquilaChat-7B',
    kind: 'chat',
    family: 'aquilachat',
    sources: [
      // Since September 2023 in three files: at the usual 10 GB a file, that is f32.
      source('hugging-face', AQUILA_7B, {
        repo: 'BAAI/AquilaChat-7B',
        revision: 'main',
        format: 'torch',
        dtype: 'F32',
        files: shards('torch', 3),
      }),
    ],
    unknown: ['file-sizes'],
  },
  {
    ...COMMON,
    ...shaped({ ...AQUILA_7B, normEps: 1e-6 }),
    id: 'aquila-7b',
    name: 'Aquila-7B',
    kind: 'base',
    family: 'aquila',
    // The end of 15 August 2023, when the weights of version 1.0 were uploaded.
    sources: [halves('BAAI/Aquila-7B', 'd314aaf559fa192bf2f09760ca3815b589fc69f8')],
    unknown: ['norm-eps-disputed'],
  },
  {
    ...COMMON,
    ...shaped(AQUILA_7B),
    id: 'aquilacode-multi',
    name: 'AquilaCode-multi',
    kind: 'code',
    family: 'aquilacode',
    sources: [halves('BAAI/AquilaCode-multi', 'main')],
    unknown: [],
  },
  {
    ...COMMON,
    ...shaped(AQUILA_7B),
    id: 'aquilacode-py',
    name: 'AquilaCode-py',
    kind: 'code',
    family: 'aquilacode',
    sources: [halves('BAAI/AquilaCode-py', 'main')],
    unknown: ['norm-eps', 'config'],
  },
  {
    ...COMMON,
    ...shaped(AQUILA_7B),
    id: 'aquilasql-7b',
    name: 'AquilaSQL-7B',
    kind: 'sql',
    family: 'aquilasql',
    sources: [halves('BAAI/AquilaSQL-7B', 'main')],
    // The shape is that of its FlagAI config; nobody says whether the one on Hugging Face agrees.
    unknown: ['config'],
  },
  {
    ...COMMON,
    ...shaped(AQUILA_33B),
    id: 'aquila-33b',
    name: 'Aquila-33B',
    kind: 'base',
    family: 'aquila',
    sources: [
      source('hugging-face', AQUILA_33B, {
        repo: 'BAAI/Aquila-33B',
        revision: 'main',
        format: 'safetensors',
        dtype: 'F32',
        files: shards('safetensors', 72, [2.66, 1.66, 1.66, 1.66, 1.96]),
      }),
    ],
    unknown: [],
  },
  {
    ...COMMON,
    id: 'aquilachat-33b',
    name: 'AquilaChat-33B',
    kind: 'chat',
    family: 'aquilachat',
    status: 'never-released',
    parameters: undefined,
    architecture: undefined,
    sources: [],
    corrections: [],
    unknown: ['architecture', 'parameters'],
  },
  supersededCode('aquilacode-7b-nv', 'AquilaCode-7B-NV'),
  supersededCode('aquilacode-7b-ts', 'AquilaCode-7B-TS'),
];
