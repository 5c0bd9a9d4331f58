import { describe, expect, it } from 'vitest';
import { checkGpu } from './check';

function fakeGpu(
  limits: Partial<GPUSupportedLimits>,
  features: string[] = [],
  info: Partial<GPUAdapterInfo> = {},
) {
  const adapter = {
    limits: {
      maxStorageBufferBindingSize: 128 << 20,
      maxStorageBuffersPerShaderStage: 8,
      maxBufferSize: 256 << 20,
      ...limits,
    },
    features: new Set(features),
    info: { vendor: 'nvidia', architecture: 'ampere', device: '', description: '', ...info },
  };
  return { requestAdapter: async () => adapter as unknown as GPUAdapter };
}

describe('checkGpu', () => {
  it('names each thing that can be missing', async () => {
    const gpu = fakeGpu({});
    expect((await checkGpu({ isSecureContext: false, gpu: undefined })).problem?.code).toBe(
      'insecure-context',
    );
    expect((await checkGpu({ isSecureContext: true, gpu: undefined })).problem?.code).toBe('no-webgpu');
    for (const requestAdapter of [async () => null, () => Promise.reject(new Error('lost'))])
      expect((await checkGpu({ isSecureContext: true, gpu: { requestAdapter } })).problem?.code).toBe(
        'no-adapter',
      );
    const small = fakeGpu({ maxStorageBufferBindingSize: 64 << 20 });
    expect((await checkGpu({ isSecureContext: true, gpu: small })).problem).toMatchObject({
      code: 'limits-too-small',
      details: { bindingBytes: 64 << 20, neededBindingBytes: 128 << 20 },
    });
    expect((await checkGpu({ isSecureContext: true, gpu })).problem).toBeUndefined();
  });

  it('describes the adapter', async () => {
    const report = await checkGpu({ isSecureContext: true, gpu: fakeGpu({}, ['shader-f16']) });
    expect(report.adapter).toMatchObject({
      name: 'nvidia ampere',
      isSoftware: false,
      f16: true,
      subgroups: false,
    });
    const named = fakeGpu({}, [], { description: 'SwiftShader Device (Subzero)' });
    expect((await checkGpu({ isSecureContext: true, gpu: named })).adapter).toMatchObject({
      name: 'SwiftShader Device (Subzero)',
      isSoftware: true,
    });
  });
});
