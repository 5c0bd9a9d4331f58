/** The built-in model with its layers repeated: as many kernels per token as a large model, and hardly any arithmetic. */
import { makePackage, type PackageBytes, SHARD } from './packages';

const CONFIG = 'mlc-chat-config.json';
const TENSORS = 'tensor-cache.json';

interface Tensor {
  readonly name: string;
  readonly byteOffset: number;
  readonly nbytes: number;
}

interface TensorCache {
  readonly records: readonly [{ readonly records: readonly Tensor[]; readonly nbytes: number }];
}

const LAYER = /^model\.layers\.(\d+)\./;

/** Writes the package into a new folder. @param layers a multiple of the layers that the model has. */
export function makeDeepPackage(folder: string, original: PackageBytes, name: string, layers: number): void {
  makePackage(folder, original, {
    name,
    change(files) {
      const cache = readJson<TensorCache>(files, TENSORS);
      const [shard] = cache.records;
      const tensors = deepen(shard.records, layers);
      const bytes = new Uint8Array(tensors.reduce((sum, { nbytes }) => sum + nbytes, 0));
      const before = files.get(SHARD)!;
      let byteOffset = 0;
      const records = tensors.map(({ tensor, name }) => {
        bytes.set(before.subarray(tensor.byteOffset, tensor.byteOffset + tensor.nbytes), byteOffset);
        const moved = { ...tensor, name, byteOffset };
        byteOffset += tensor.nbytes;
        return moved;
      });
      files.set(SHARD, bytes);
      // Without a hash of its own: the list of files has one.
      const { md5sum: _, ...plain } = { md5sum: '', ...shard };
      writeJson(files, TENSORS, { ...cache, records: [{ ...plain, nbytes: bytes.length, records }] });
      const config = readJson<{ model_config: object }>(files, CONFIG);
      const model_config = { ...config.model_config, num_hidden_layers: layers };
      writeJson(files, CONFIG, { ...config, model_config });
    },
  });
}

interface Placed {
  readonly tensor: Tensor;
  readonly name: string;
  readonly nbytes: number;
}

/** Every tensor once, those of the layers in turn until there are enough. */
function deepen(tensors: readonly Tensor[], layers: number): readonly Placed[] {
  const layerOf = ({ name }: Tensor) => LAYER.exec(name)?.[1];
  const given = new Set(tensors.map(layerOf).filter((layer) => layer !== undefined)).size;
  const place = (tensor: Tensor, name: string): Placed => ({ tensor, name, nbytes: tensor.nbytes });
  return tensors.flatMap((tensor) => {
    const layer = layerOf(tensor);
    if (layer === undefined) return [place(tensor, tensor.name)];
    const copies = Array.from({ length: layers / given }, (_, at) => Number(layer) + at * given);
    return copies.map((index) => place(tensor, tensor.name.replace(LAYER, `model.layers.${index}.`)));
  });
}

function readJson<T>(files: PackageBytes, name: string): T {
  return JSON.parse(Buffer.from(files.get(name)!).toString()) as T;
}

function writeJson(files: PackageBytes, name: string, value: unknown): void {
  files.set(name, Buffer.from(JSON.stringify(value)));
}
