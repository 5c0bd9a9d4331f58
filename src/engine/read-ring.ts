/** Small read-backs in flight: a ring of mappable buffers, so that a token's id travels while the next is computed. */

interface Slot {
  readonly buffer: GPUBuffer;
  /** Settles when the slot may be used again. */
  free: Promise<void>;
}

export class ReadRing {
  private readonly slots: Slot[];
  private next = 0;

  constructor(
    private readonly device: GPUDevice,
    private readonly sizeBytes: number,
    slots: number,
  ) {
    this.slots = Array.from({ length: slots }, (_, index) => ({
      buffer: device.createBuffer({
        label: `read-back ${index}`,
        size: sizeBytes,
        usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
      }),
      free: Promise.resolve(),
    }));
  }

  get bytes(): number {
    return this.slots.length * this.sizeBytes;
  }

  /** Submits the command buffers, then a copy of `source`; resolves to its contents, in the order of the calls. */
  async submitAndRead(
    commands: readonly GPUCommandBuffer[],
    source: GPUBuffer,
  ): Promise<{ read: Promise<Uint32Array<ArrayBuffer>> }> {
    const slot = this.slots[this.next]!;
    this.next = (this.next + 1) % this.slots.length;
    await slot.free;
    const encoder = this.device.createCommandEncoder({ label: 'read-back' });
    encoder.copyBufferToBuffer(source, 0, slot.buffer, 0, this.sizeBytes);
    this.device.queue.submit([...commands, encoder.finish()]);
    const read = this.read(slot);
    // Reads of a device that is lost or of a runner disposed of reject; a slot is then never needed again.
    slot.free = read.then(
      () => {},
      () => {},
    );
    return { read };
  }

  private async read(slot: Slot): Promise<Uint32Array<ArrayBuffer>> {
    await slot.buffer.mapAsync(GPUMapMode.READ);
    const copy = new Uint32Array(slot.buffer.getMappedRange().slice(0));
    slot.buffer.unmap();
    return copy;
  }

  destroy(): void {
    for (const { buffer } of this.slots) buffer.destroy();
  }
}
