/**
 * A device that counts what is asked of it, knows which of its buffers are alive and can pretend to be full;
 * everything else reaches the real one.
 */
import type { Gpu } from './device';

export interface WatchedGpu {
  readonly gpu: Gpu;
  /** Calls of the device's and its queue's methods, by name, since the last `reset`. */
  readonly calls: Map<string, number>;
  /** Buffers made and not destroyed. */
  readonly buffers: Set<GPUBuffer>;
  /** So many of the coming allocations that are asked about find room, before those that are refused. */
  grants: number;
  /** So many of the coming allocations that are asked about find the memory full. */
  refusals: number;
}

export function watchedGpu(gpu: Gpu): WatchedGpu {
  const calls = new Map<string, number>();
  const buffers = new Set<GPUBuffer>();
  const watched = { calls, buffers, grants: 0, refusals: 0 };
  const wrap = <T extends object>(object: T, replace: (key: PropertyKey, value: unknown) => unknown): T =>
    new Proxy(object, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key, target);
        if (typeof value !== 'function') return replace(key, value);
        return (...args: unknown[]) => {
          calls.set(String(key), (calls.get(String(key)) ?? 0) + 1);
          return replace(key, value.apply(target, args));
        };
      },
    });
  const queue = wrap(gpu.device.queue, (_, value) => value);
  const device = wrap(gpu.device, (key, value) => {
    if (key === 'queue') return queue;
    if (key === 'createBuffer') note(value as GPUBuffer, buffers);
    if (key !== 'popErrorScope' || watched.refusals === 0) return value;
    if (watched.grants > 0) {
      watched.grants -= 1;
      return value;
    }
    watched.refusals -= 1;
    return (value as Promise<GPUError | null>).then((error) => error ?? { message: 'full' });
  });
  return Object.assign(watched, { gpu: { ...gpu, device } });
}

function note(buffer: GPUBuffer, buffers: Set<GPUBuffer>): void {
  buffers.add(buffer);
  const destroy = buffer.destroy.bind(buffer);
  buffer.destroy = () => {
    buffers.delete(buffer);
    return destroy();
  };
}
