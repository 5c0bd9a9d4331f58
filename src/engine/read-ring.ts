/** Small read-backs in flight: a ring of mappable buffers, so that a token's id travels while the next is computed. */

/** Room for one read-back: copy into it, submit, then read. */
export class ReadSlot {
  /** Settles when the slot may be used again. */
  free: Promise<void> = Promise.resolve();

  constructor(private readonly buffer: GPUBuffer) {}

  copyFrom(encoder: GPUCommandEncoder, source: GPUBuffer): void {
    encoder.copyBufferToBuffer(source, 0, this.buffer, 0, this.buffer.size);
  }

  /** What was copied, as soon as the submit is done. Rejects when the device is lost or the ring destroyed. */
  read(): Promise<Uint32Array<ArrayBuffer>> {
    const words = this.map();
    // A slot of a device that is gone is never needed again.
    this.free = words.then(
      () => {},
      () => {},
    );
    return words;
  }

  private async map(): Promise<Uint32Array<ArrayBuffer>> {
    await this.buffer.mapAsync(GPUMapMode.READ);
    const copy = new Uint32Array(this.buffer.getMappedRange().slice(0));
    this.buffer.unmap();
    return copy;
  }

  destroy(): void {
    this.buffer.destroy();
  }
}

export class ReadRing {
  private readonly slots: readonly ReadSlot[];
  private next = 0;

  constructor(
    device: GPUDevice,
    private readonly sizeBytes: number,
    slots: number,
  ) {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    this.slots = Array.from(
      { length: slots },
      (_, index) =>
        new ReadSlot(device.createBuffer({ label: `read-back ${index}`, size: sizeBytes, usage })),
    );
  }

  get bytes(): number {
    return this.slots.length * this.sizeBytes;
  }

  /** The next slot, as soon as what was read through it before has arrived. */
  async take(): Promise<ReadSlot> {
    const slot = this.slots[this.next]!;
    this.next = (this.next + 1) % this.slots.length;
    await slot.free;
    return slot;
  }

  destroy(): void {
    for (const slot of this.slots) slot.destroy();
  }
}
