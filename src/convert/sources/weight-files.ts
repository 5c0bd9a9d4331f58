/**
 * Which files of a folder hold its weights, by their names alone: the choice that src/formats/checkpoint.ts makes
 * when it opens the folder, for those who must choose before anything can be opened.
 */
const FORMATS: readonly { readonly index: string; readonly indexed: RegExp; readonly single: RegExp }[] = [
  {
    index: 'model.safetensors.index.json',
    indexed: /^model-\d+-of-\d+\.safetensors$/,
    single: /^(?!adapter_).*\.safetensors$/,
  },
  {
    index: 'pytorch_model.bin.index.json',
    indexed: /^pytorch_model-\d+-of-\d+\.bin$/,
    single: /^pytorch_model.*\.bin$/,
  },
];
const OTHER_TORCH =
  /^(?!adapter_|optim|scheduler|scaler|training_args|rng_state|random_states).*\.(bin|pt|pth)$/;

const ADAPTER = /^adapter_model\.(safetensors|bin)$/;

/** Weights and their index, safetensors before PyTorch; empty where there are none. Only top-level names. */
export function checkpointWeights(names: readonly string[]): string[] {
  const own = names.filter((name) => !name.includes('/'));
  for (const { index, indexed, single } of FORMATS) {
    const table = own.filter((name) => name === index);
    const weights = own.filter((name) => (table.length > 0 ? indexed : single).test(name));
    if (weights.length > 0) return [...table, ...weights];
  }
  return own.filter((name) => OTHER_TORCH.test(name));
}

/** Weights of a LoRA. */
export function adapterWeights(names: readonly string[]): string[] {
  return names.filter((name) => ADAPTER.test(name));
}

/** The index that belongs to these shards, by their names. */
export function indexOf(names: readonly string[]): string | undefined {
  return FORMATS.find(({ indexed }) => names.some((name) => indexed.test(name)))?.index;
}
