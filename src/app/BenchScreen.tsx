/** The benchmark, connected with the GPU, the settings and the engine. */

import { BenchView } from '../features/bench/BenchView';
import { createBenchStore } from '../features/bench/bench-store';
import { useDoctor } from '../features/doctor/doctor-store';
import { GpuProblem } from '../features/doctor/GpuProblem';
import { GpuMemoryField } from '../features/models/catalogue/GpuMemoryField';
import { keepAwake } from '../features/models/convert/wake-lock';
import { useSettings } from '../features/settings/settings-store';
import { useSpeedT } from '../i18n/speed';
import { readBenchResult, writeBenchResult } from '../store/bench-result';
import { runBench } from '../worker/bench-client';
import { useEngineBusy } from './busy';
import { ScreenFrame } from './ScreenFrame';
import { client, useModels } from './services';

const useBench = createBenchStore({
  run: runBench,
  async unloadModel() {
    const { state } = client;
    if (state.kind === 'none' || state.kind === 'failed') return undefined;
    await client.unload();
    return state.modelId;
  },
  loadModel: (modelId) => useModels.getState().ensure(modelId),
  keepAwake,
  kept: { read: readBenchResult, write: writeBenchResult },
});

export default function BenchScreen({ onOpenDrawer }: { onOpenDrawer: (() => void) | undefined }) {
  const t = useSpeedT();
  const report = useDoctor((state) => state.report);
  const { settings, change } = useSettings();
  const engine = useModels((state) => state.engine);
  const isBusy = useEngineBusy();
  const { speed, gpuMemoryBytes } = settings;
  const { adapter, problem } = report ?? {};
  return (
    <ScreenFrame
      title={t('bench.title')}
      onOpenDrawer={onOpenDrawer}
      back={{ label: t('nav.settings'), to: { screen: 'settings' } }}
    >
      <BenchView
        useBench={useBench}
        machine={
          adapter && !problem
            ? { isSoftware: adapter.isSoftware, memoryBytes: gpuMemoryBytes ?? undefined }
            : undefined
        }
        problem={
          problem ? (
            <GpuProblem problem={problem} onAgain={() => void useDoctor.getState().check()} />
          ) : (
            <p className="text-soft">{t('doctor.checking')}</p>
          )
        }
        speed={speed}
        loadedModel={engine.kind === 'none' || engine.kind === 'failed' ? undefined : engine.modelId}
        isBusy={isBusy}
        memoryField={
          <GpuMemoryField
            bytes={gpuMemoryBytes}
            onChange={(bytes) => void change({ gpuMemoryBytes: bytes })}
          />
        }
      />
    </ScreenFrame>
  );
}
