import { openDevice } from '../gpu/device';
import { nodeGpu } from '../gpu/node-gpu';
import { shaderOps } from '../gpu/shader';

export async function main(_args: readonly string[]): Promise<number> {
  const gpu = await openDevice(nodeGpu());
  console.log(gpu.name, gpu.features, gpu.maxBindingBytes, shaderOps);
  return 0;
}
