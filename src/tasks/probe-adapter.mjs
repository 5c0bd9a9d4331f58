// Prints the name of the WebGPU adapter that Dawn finds; exits with 1 when there is none.
import { create } from 'webgpu';

globalThis.gpu = create(['backend=vulkan']);
const adapter = await globalThis.gpu.requestAdapter();
if (!adapter) process.exit(1);
console.log(adapter.info.description || adapter.info.device);
process.exit(0);
