/**
 * WebGPU in Node through Dawn (npm `webgpu`): for the command line and the kernel tests. Which Vulkan
 * driver it finds is decided by VK_ICD_FILENAMES before the process starts.
 */
import { create, globals } from 'webgpu';

// Dawn's binding aborts or hangs once the object from create() was collected, so it lives as long as the process.
let held: GPU | undefined;

/** The process-wide GPU object. Installs WebGPU's globals (GPUBufferUsage, ...) on first use. */
export function nodeGpu(): GPU {
  if (!held) {
    Object.assign(globalThis, globals);
    held = create(['backend=vulkan', 'enable-dawn-features=allow_unsafe_apis']) as GPU;
  }
  return held;
}
