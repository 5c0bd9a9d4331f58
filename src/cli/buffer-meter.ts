/** Counts the buffers of a device from now on: the most bytes that were not destroyed at one moment. */
export function meterBuffers(device: GPUDevice): { peakBytes(): number } {
  const create = device.createBuffer.bind(device);
  let heldBytes = 0;
  let peakBytes = 0;
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    let sizeBytes = descriptor.size;
    heldBytes += sizeBytes;
    peakBytes = Math.max(peakBytes, heldBytes);
    buffer.destroy = () => {
      heldBytes -= sizeBytes;
      sizeBytes = 0;
      return destroy();
    };
    return buffer;
  };
  return { peakBytes: () => peakBytes };
}
