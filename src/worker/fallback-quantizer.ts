/**
 * A quantiser that may fail as a device (lost, out of memory), with another behind it that gives the same
 * bytes. Blocks that were under way when it failed are done again by the other, so that a conversion goes on.
 */
import type { BlockQuantizer, QuantizeBlock, QuantizedBlock } from '../convert/block-quantizer';
import { AppError, type ErrorCode } from '../core/errors';

/** Failures of the device, not of the block. */
const DEVICE_FAILURES: readonly ErrorCode[] = ['device-lost', 'out-of-gpu-memory', 'internal'];

export class FallbackQuantizer implements BlockQuantizer {
  private second: Promise<BlockQuantizer> | undefined;

  /** @param openSecond called once, when the first has failed. */
  constructor(
    private readonly first: BlockQuantizer,
    private readonly openSecond: () => Promise<BlockQuantizer>,
  ) {}

  get parallel(): number {
    return this.first.parallel;
  }

  async quantize(block: QuantizeBlock): Promise<QuantizedBlock> {
    if (this.second) return (await this.second).quantize(block);
    // The first may take the buffer over.
    const copy = block.bytes.slice();
    try {
      return await this.first.quantize(block);
    } catch (error) {
      // Blocks that were still waiting when the first was given up end as aborted.
      const isOver = this.second !== undefined || DEVICE_FAILURES.includes(AppError.from(error).code);
      if (!isOver) throw error;
      this.second ??= this.replace();
      return (await this.second).quantize({ ...block, bytes: copy });
    }
  }

  dispose(): void {
    if (this.second) void this.second.then((second) => second.dispose());
    else this.first.dispose();
  }

  private replace(): Promise<BlockQuantizer> {
    this.first.dispose();
    return this.openSecond();
  }
}
