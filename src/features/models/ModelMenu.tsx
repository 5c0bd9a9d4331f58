/** Model of the conversation, its state and the GPU it runs on; a menu to choose another. */
import { Check, ChevronDown } from 'lucide-react';
import type { LoadReport } from '../../engine/load-report';
import { useT } from '../../i18n/language';
import { cx } from '../../ui/cx';
import { Menu, MenuItem } from '../../ui/Menu';
import type { ModelEntry } from './library';
import type { ModelStatus } from './models-store';

interface ModelMenuProps {
  readonly modelId: string;
  readonly entries: readonly ModelEntry[];
  readonly status: ModelStatus;
  readonly gpuName: string | undefined;
  /** Of the model of the conversation, while it is loaded. */
  readonly load: LoadReport | undefined;
  readonly isDisabled: boolean;
  readonly onChoose: (modelId: string) => void;
  readonly onManage: () => void;
}

const DOTS: Record<ModelStatus, string> = {
  ready: 'bg-accent',
  loading: 'bg-accent motion-safe:animate-pulse',
  idle: 'border border-line-strong',
  failed: 'bg-danger',
  incomplete: 'bg-warn',
};

export function ModelMenu(props: ModelMenuProps) {
  const { modelId, entries, status, gpuName, load, isDisabled, onChoose, onManage } = props;
  const t = useT();
  return (
    <Menu
      label={t('model.choose', { model: modelId, state: t(`model.state.${status}`) })}
      triggerClass="flex min-w-0 max-w-full items-center gap-2 rounded-md px-2 py-1 text-left hover:bg-hover"
      className="w-72 max-w-[calc(100vw-2rem)]"
      trigger={
        <>
          <span className={cx('size-2 shrink-0 rounded-full', DOTS[status])} aria-hidden />
          <span className="flex min-w-0 flex-col leading-tight md:flex-row md:items-baseline md:gap-2">
            <span className="truncate font-medium">{modelId}</span>
            <span className="truncate text-2xs text-soft md:text-xs">{gpuName ?? t('model.noGpu')}</span>
          </span>
          <ChevronDown size={15} className="shrink-0 text-faint" aria-hidden />
        </>
      }
    >
      {(close) => (
        <>
          <p className="px-2.5 pt-1 pb-1.5 text-2xs text-faint" role="presentation">
            {t('model.chooseTitle')}
          </p>
          {entries
            .filter((entry) => entry.isComplete)
            .map((entry) => (
              <MenuItem
                key={entry.id}
                isChecked={entry.id === modelId}
                onSelect={() => {
                  close();
                  if (!isDisabled && entry.id !== modelId) onChoose(entry.id);
                }}
              >
                <span className="min-w-0 flex-1 truncate">{entry.id}</span>
                {entry.sizeBytes !== undefined && (
                  <span className="numbers text-soft text-xs">{t.bytes(entry.sizeBytes)}</span>
                )}
                <Check size={15} aria-hidden className={entry.id === modelId ? 'text-accent' : 'invisible'} />
              </MenuItem>
            ))}
          {load && <LoadTimes load={load} />}
          <hr className="my-1 border-line" />
          <MenuItem
            onSelect={() => {
              close();
              onManage();
            }}
          >
            {t('model.manage')}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}

/** Where the time of the load went. */
function LoadTimes({ load }: { load: LoadReport }) {
  const t = useT();
  const times = {
    total: t.seconds(load.totalMs),
    read: t.seconds(load.readMs),
    gpu: t.seconds(load.uploadMs),
    kernels: t.seconds(load.compileMs + load.tuneMs + load.warmUpMs),
  };
  return (
    <p className="numbers px-2.5 pt-1.5 text-2xs text-faint" role="presentation">
      {t('model.loadedIn', times)}
    </p>
  );
}
