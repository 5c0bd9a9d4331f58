/**
 * The page's address may hold our engine to less than the adapter offers: `?binding=128` allows bindings of 128 MiB,
 * what every WebGPU adapter has. It is for measuring and for finding faults on a machine that offers more. The
 * worker learns it through its name, which it has before the first message.
 */
import { type DeviceOptions, NEEDED_BINDING_BYTES } from '../gpu/device';

const PARAMETER = 'binding';

/** Name of a worker of a page with this query (`?lang=en&binding=128`); '' where nothing is asked. */
export function workerName(query: string): string {
  const mebibytes = new URLSearchParams(query).get(PARAMETER);
  return mebibytes === null ? '' : `${PARAMETER}=${mebibytes}`;
}

/** What a worker of this name may use. Numbers below the least that WebGPU allows, and no numbers, are ignored. */
export function deviceOptions(name: string): DeviceOptions {
  const maxBindingBytes = Number(new URLSearchParams(name).get(PARAMETER)) * 2 ** 20;
  return maxBindingBytes >= NEEDED_BINDING_BYTES ? { maxBindingBytes } : {};
}
