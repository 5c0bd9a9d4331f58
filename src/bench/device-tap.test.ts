import { expect, it } from 'vitest';
import { tapDispatches, tapSubmits } from './device-tap';

/** As much of a device as the engine encodes with; writes down what reaches it. */
function recordingDevice() {
  const seen: string[] = [];
  class Pass {
    setPipeline({ label }: { label: string }) {
      seen.push(`pipeline ${label}`);
    }
    setBindGroup(index: number, group: { label: string }) {
      seen.push(`group ${index} ${group.label}`);
    }
    dispatchWorkgroups(x: number, y: number, z: number) {
      seen.push(`dispatch ${x} ${y} ${z}`);
    }
  }
  class Encoder {
    beginComputePass() {
      return new Pass();
    }
    finish() {
      seen.push('finish');
      return {};
    }
  }
  class Device {
    queue = {
      submit: (buffers: readonly unknown[]) => {
        seen.push(`submit ${buffers.length}`);
      },
    };
    createCommandEncoder() {
      return new Encoder();
    }
  }
  return { seen, device: new Device() as unknown as GPUDevice };
}

function encodeOne(device: GPUDevice, op: string): void {
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline({ label: `${op}|main|{}` } as GPUComputePipeline);
  pass.setBindGroup(0, { label: op } as unknown as GPUBindGroup);
  pass.dispatchWorkgroups(3, 2);
  device.queue.submit([encoder.finish()]);
}

it('shows every dispatch, passes on those that are kept, and leaves no trace', async () => {
  const { seen, device } = recordingDevice();
  const shown: string[] = [];
  await tapDispatches(
    device,
    ({ op, x, y, z }) => {
      shown.push(`${op} ${x} ${y} ${z}`);
      return op === 'kept';
    },
    async () => {
      encodeOne(device, 'kept');
      encodeOne(device, 'dropped');
    },
  );
  expect(shown).toEqual(['kept 3 2 1', 'dropped 3 2 1']);
  expect(seen.filter((line) => line.startsWith('dispatch'))).toEqual(['dispatch 3 2 1']);
  expect(seen.filter((line) => line.startsWith('submit')).length).toBe(2);
  expect(Object.keys(device)).toEqual(['queue']);
  encodeOne(device, 'after');
  expect(shown.length).toBe(2);
});

it('is gone when the work fails', async () => {
  const { device } = recordingDevice();
  const failing = tapDispatches(
    device,
    () => true,
    async () => {
      throw new Error('no');
    },
  );
  await expect(failing).rejects.toThrow('no');
  expect(Object.keys(device)).toEqual(['queue']);
});

it('times encoders and submits, inside other taps too', async () => {
  const { device, seen } = recordingDevice();
  const times = await tapSubmits(device, (now) =>
    tapDispatches(
      device,
      () => false,
      async () => {
        encodeOne(device, 'a');
        now.submitMs.length = 0;
        encodeOne(device, 'b');
        encodeOne(device, 'c');
        return now;
      },
    ),
  );
  expect(times.submitMs.length).toBe(2);
  expect(times.encodeMs.length).toBe(3);
  expect(Math.min(...times.encodeMs)).toBeGreaterThan(0);
  expect(seen.some((line) => line.startsWith('dispatch'))).toBe(false);
});
