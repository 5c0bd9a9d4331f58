import { AppError } from '../core/errors';

/**
 * Turns the loss of a device into AppError `device-lost` {reason, message} for everything that waits on it.
 * After `release` a lost device is none of our business any more.
 */
export class DeviceWatch {
  private lost: AppError | undefined;
  private readonly whenLost: Promise<never>;

  constructor(device: GPUDevice) {
    this.whenLost = device.lost.then((info) => {
      this.lost = new AppError('device-lost', { reason: info.reason ?? 'unknown', message: info.message });
      throw this.lost;
    });
    // Nobody may be waiting when it happens; those who wait get it from `guard`.
    this.whenLost.catch(() => {});
  }

  /** Throws `device-lost` when the device is already gone. */
  check(): void {
    if (this.lost) throw this.lost;
  }

  /** The promise, or `device-lost` as soon as the device is gone. */
  async guard<T>(promise: Promise<T>): Promise<T> {
    try {
      return await Promise.race([promise, this.whenLost]);
    } catch (error) {
      // A mapping is rejected a moment before `lost` resolves.
      if (!this.lost && isMapAbort(error)) await Promise.race([this.whenLost, pause(100)]);
      this.check();
      throw AppError.from(error);
    }
  }
}

const isMapAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.name === 'OperationError');

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
