import { create } from 'zustand';
import { checkGpu, type GpuReport } from './check';

interface DoctorState {
  /** null while the first check runs. */
  readonly report: GpuReport | null;
  check(): Promise<GpuReport>;
}

export const useDoctor = create<DoctorState>()((set) => ({
  report: null,
  async check() {
    const report = await checkGpu({ isSecureContext, gpu: navigator.gpu });
    set({ report });
    return report;
  },
}));
