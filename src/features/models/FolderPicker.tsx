/** Buttons that ask for a folder or for files of this machine; what they give is read in place, never copied. */
import { FileUp, FolderUp } from 'lucide-react';
import { type ChangeEvent, useRef } from 'react';
import { useT } from '../../i18n/language';
import { fromDirectory, fromFileList } from '../../store/file-source';
import { Button } from '../../ui/Button';
import { showToast } from '../../ui/toast';
import type { GivenFolder } from './given-folder';

/** In Chrome; the types of the platform do not have it yet. */
type Picker = (options: { id: string; mode: 'read' }) => Promise<FileSystemDirectoryHandle>;

interface FolderPickerProps {
  /** Tells apart several on one screen. */
  readonly name: string;
  readonly onGiven: (given: GivenFolder) => void;
  readonly look?: 'primary' | 'plain';
  /** Said before the names of the buttons, where there are several pickers. */
  readonly purpose?: string;
}

export function FolderPicker({ name, onGiven, look = 'plain', purpose }: FolderPickerProps) {
  const t = useT();
  const folderInput = useRef<HTMLInputElement>(null);
  const fileInput = useRef<HTMLInputElement>(null);
  const labelled = (label: string) => (purpose ? { 'aria-label': `${purpose}: ${label}` } : {});

  const onInput = (event: ChangeEvent<HTMLInputElement>) => {
    const files = fromFileList(event.target.files ?? []);
    if (files.length > 0) onGiven({ label: files[0]!.path.split('/')[0]!, files });
    // The same folder can be chosen again.
    event.target.value = '';
  };
  const chooseFolder = async () => {
    const picker = (window as { showDirectoryPicker?: Picker }).showDirectoryPicker;
    if (!picker) {
      folderInput.current?.click();
      return;
    }
    try {
      const folder = await picker({ id: 'model', mode: 'read' });
      onGiven({ label: folder.name, files: await fromDirectory(folder), folder });
    } catch (reason) {
      // Closed by the user: nothing to say. A folder that the browser refuses may do with the plain input.
      if (!(reason instanceof DOMException)) showToast({ text: t.error(reason) });
      else if (reason.name !== 'AbortError') folderInput.current?.click();
    }
  };

  return (
    <div className="flex flex-wrap gap-2">
      <Button
        look={look}
        icon={FolderUp}
        onClick={() => void chooseFolder()}
        {...labelled(t('models.importFolder'))}
      >
        {t('models.importFolder')}
      </Button>
      <Button icon={FileUp} onClick={() => fileInput.current?.click()} {...labelled(t('models.importFiles'))}>
        {t('models.importFiles')}
      </Button>
      <input
        ref={folderInput}
        type="file"
        hidden
        data-import={`${name}folder`}
        onChange={onInput}
        {...{ webkitdirectory: '' }}
      />
      <input ref={fileInput} type="file" hidden multiple data-import={`${name}files`} onChange={onInput} />
    </div>
  );
}
