import { AppError } from '../core/errors';

/** Turns the loss of a device into AppError `device-lost` {reason, message} for everything that waits on it. */
export class DeviceWatch {
  private lost: AppError | undefined;
  /** Those who wait. A race against one promise for the loss would leave something behind on it for every token. */
  private readonly waiting = new Set<(error: AppError) => void>();

  constructor(device: GPUDevice) {
    void device.lost.then((info) => {
      this.lost = new AppError('device-lost', { reason: info.reason ?? 'unknown', message: info.message });
      for (const reject of this.waiting) reject(this.lost);
      this.waiting.clear();
    });
  }

  /** Throws `device-lost` when the device is already gone. */
  check(): void {
    if (this.lost) throw this.lost;
  }

  /** The promise, or `device-lost` as soon as the device is gone. */
  async guard<T>(promise: Promise<T>): Promise<T> {
    try {
      return await this.unlessLost(promise);
    } catch (error) {
      // A mapping is rejected a moment before `lost` resolves.
      if (!this.lost && isMapAbort(error)) await this.unlessLost(pause(100));
      this.check();
      throw AppError.from(error);
    }
  }

  private unlessLost<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.lost) reject(this.lost);
      this.waiting.add(reject);
      promise.then(resolve, reject).finally(() => this.waiting.delete(reject));
    });
  }
}

const isMapAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.name === 'OperationError');

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
