import { Dict, Malformed, TorchTensor, type Value } from './torch-values';
import { unpickle } from './unpickle';

/** What training code saves beside the model. */
const TRAINING_STATE = /^(optimizer|optim|lr_scheduler|scheduler|scaler|amp|rng_state|random_rng_state)/;
const MAX_DEPTH = 8;
const MAX_NAME_LENGTH = 1024;

/**
 * Tensors of a state dict by name, also where it is nested: under `state_dict` or `module` the rest is
 * dropped, other dictionaries are flattened with dots. Entries that are no tensors (counters, settings) and the
 * state of an optimizer are left out.
 * Throws AppError `pickle-refused` {file, name} or `format-invalid` {file, reason}.
 */
export function unpickleTensors(pickle: Uint8Array, file: string): Map<string, TorchTensor> {
  return unpickle(pickle, file, flatten);
}

function flatten(value: Value): Map<string, TorchTensor> {
  let root = value;
  for (const key of ['state_dict', 'module']) {
    const inner: Value | undefined = root instanceof Dict ? root.get(key) : undefined;
    if (inner instanceof Dict) root = inner;
  }
  if (!(root instanceof Dict)) throw new Malformed('no dictionary');
  const tensors = new Map<string, TorchTensor>();
  // A dictionary that is met twice could contain itself, or multiply without end.
  const seen = new Set<Dict>();
  const visit = (dict: Dict, prefix: string, depth: number): void => {
    if (depth > MAX_DEPTH || seen.has(dict)) throw new Malformed('dictionaries nested in themselves');
    seen.add(dict);
    for (const [key, entry] of dict) {
      if (typeof key !== 'string' || (depth === 0 && TRAINING_STATE.test(key))) continue;
      const name = prefix + key;
      if (name.length > MAX_NAME_LENGTH) throw new Malformed('a name that is too long');
      if (entry instanceof Dict) visit(entry, `${name}.`, depth + 1);
      if (!(entry instanceof TorchTensor)) continue;
      if (tensors.has(name)) throw new Malformed(`tensor ${name} is there twice`);
      tensors.set(name, entry);
    }
  };
  visit(root, '', 0);
  return tensors;
}
