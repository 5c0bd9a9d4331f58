/**
 * Looks over the engine's shoulder: what it encodes and submits on a device, without the engine knowing. So the
 * benchmark measures the very loop that answers, and needs nothing of the engine that is there for it alone.
 * While a tap is open it costs a little on every call; figures of time come from runs that no tap of passes slows.
 */

/** One dispatch as it was encoded; what it bound stays alive only as long as the engine keeps it. */
export interface TappedDispatch {
  readonly op: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** Runs `work` with every dispatch shown to `keep`, and only those encoded for which it says yes. */
export async function tapDispatches<T>(
  device: GPUDevice,
  keep: (dispatch: TappedDispatch) => boolean,
  work: () => Promise<T>,
): Promise<T> {
  const restore = replace(device, 'createCommandEncoder', (create) => (descriptor) => {
    const encoder = create(descriptor);
    replace(encoder, 'beginComputePass', (begin) => (options) => {
      const pass = begin(options);
      tapPass(pass, keep);
      return pass;
    });
    return encoder;
  });
  try {
    return await work();
  } finally {
    restore();
  }
}

function tapPass(pass: GPUComputePassEncoder, keep: (dispatch: TappedDispatch) => boolean): void {
  let pipeline: GPUComputePipeline | undefined;
  let bindGroup: GPUBindGroup | undefined;
  replace(pass, 'setPipeline', (set) => (next) => {
    pipeline = next;
    set(next);
  });
  const setBindGroup = pass.setBindGroup.bind(pass);
  // The second form of the call, with an array of offsets, is not used by the engine.
  pass.setBindGroup = (index: number, next: GPUBindGroup | null | undefined) => {
    bindGroup = next ?? undefined;
    setBindGroup(index, next);
  };
  replace(pass, 'dispatchWorkgroups', (dispatch) => (x, y = 1, z = 1) => {
    if (!pipeline || !bindGroup) return dispatch(x, y, z);
    if (keep({ op: opOf(pipeline), pipeline, bindGroup, x, y, z })) dispatch(x, y, z);
  });
}

/** A pipeline's label starts with its op: `qkv_rope|main|…`. */
function opOf(pipeline: GPUComputePipeline): string {
  return pipeline.label.split('|', 1)[0]!;
}

/** JavaScript of every encoder, from its making to its end, and of every `submit`, in ms. */
export interface SubmitTimes {
  readonly encodeMs: number[];
  readonly submitMs: number[];
}

/** Times what `work` encodes and submits; it may empty the lists to leave out what came before. */
export async function tapSubmits<T>(device: GPUDevice, work: (times: SubmitTimes) => Promise<T>): Promise<T> {
  const times: SubmitTimes = { encodeMs: [], submitMs: [] };
  const restores = [
    replace(device, 'createCommandEncoder', (create) => (descriptor) => {
      const startedAt = performance.now();
      const encoder = create(descriptor);
      replace(encoder, 'finish', (finish) => (options) => {
        const buffer = finish(options);
        times.encodeMs.push(performance.now() - startedAt);
        return buffer;
      });
      return encoder;
    }),
    replace(device.queue, 'submit', (submit) => (buffers) => {
      const startedAt = performance.now();
      submit(buffers);
      times.submitMs.push(performance.now() - startedAt);
    }),
  ];
  try {
    return await work(times);
  } finally {
    for (const restore of restores.reverse()) restore();
  }
}

/** Puts another method in the place of one, and says how to take it back. */
function replace<T extends object, K extends keyof T>(
  target: T,
  key: K,
  make: (original: T[K]) => T[K],
): () => void {
  const before = Object.getOwnPropertyDescriptor(target, key);
  const method = target[key] as T[K] & { bind(to: T): T[K] };
  Object.defineProperty(target, key, {
    value: make(method.bind(target)),
    configurable: true,
    writable: true,
  });
  return () => {
    if (before) Object.defineProperty(target, key, before);
    else Reflect.deleteProperty(target, key);
  };
}
