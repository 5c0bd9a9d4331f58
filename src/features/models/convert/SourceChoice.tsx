/** Where a checkpoint is taken from: the sources of the catalogue, files of this machine, or another address. */
import { type ReactNode, useId, useState } from 'react';
import { type CatalogueTranslator, useCatalogueT } from '../../../i18n/catalogue';
import { isPinned } from '../../../models/catalogue';
import type { CatalogueSource } from '../../../models/catalogue/types';
import { Button } from '../../../ui/Button';
import { cx } from '../../../ui/cx';
import { FolderPicker } from '../FolderPicker';
import { bytesOf } from '../given-folder';
import { ManualList } from './ManualList';
import { type Place, type PlaceChoice, parsePlace, sourceOf } from './places';
import { SourceResult } from './SourceResult';
import { useSourceTest } from './source-test';
import { TokenField } from './TokenField';
import { tokenHostOf } from './token-hosts';

interface SourceChoiceProps {
  readonly legend: string;
  /** Why it is asked. */
  readonly help?: string;
  /** Tells apart the pickers of model and base. */
  readonly name: string;
  readonly place: Place;
  readonly sources: readonly CatalogueSource[];
  readonly onChange: (place: Place) => void;
}

export function SourceChoice({ legend, help, name, place, sources, onChange }: SourceChoiceProps) {
  const t = useCatalogueT();
  const choose = (choice: PlaceChoice) => onChange({ ...place, choice });
  const { choice } = place;
  const group = useId();
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 font-semibold text-ink">{legend}</legend>
      {help && <p className="pb-1">{help}</p>}
      {sources.map((source, at) => (
        <Option
          group={group}
          key={`${source.host} ${source.repo}`}
          title={titleOf(t, source)}
          help={helpOf(t, source)}
          isChosen={choice.kind === 'catalogue' && choice.at === at}
          onChoose={() => choose({ kind: 'catalogue', at })}
        >
          <RemoteTools place={place} sources={sources} />
        </Option>
      ))}
      <Option
        group={group}
        title={t('get.from.files')}
        help={t('get.from.filesHelp')}
        isChosen={choice.kind === 'files'}
        onChoose={() => choose({ kind: 'files' })}
      >
        <FolderPicker name={`${name}-`} purpose={legend} onGiven={(given) => onChange({ ...place, given })} />
        <p className="numbers text-ink text-xs" role="status">
          {place.given
            ? t('get.chosen', {
                label: place.given.label,
                count: place.given.files.length,
                sizeBytes: bytesOf(place.given),
              })
            : t('get.notChosen')}
        </p>
      </Option>
      <Option
        group={group}
        title={t('get.from.other')}
        help={t('get.from.otherHelp')}
        isChosen={choice.kind === 'address'}
        onChoose={() => choose({ kind: 'address' })}
      >
        <AddressField place={place} onChange={onChange} />
        {parsePlace(place.address) && <RemoteTools place={place} sources={sources} />}
      </Option>
    </fieldset>
  );
}

interface OptionProps {
  /** Name of the radio buttons: arrow keys move among them. */
  readonly group: string;
  readonly title: string;
  readonly help: string;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
  /** Shown while it is chosen. */
  readonly children: ReactNode;
}

function Option({ group, title, help, isChosen, onChoose, children }: OptionProps) {
  const id = useId();
  return (
    <div className={cx('rounded-md border px-3 py-2', isChosen ? 'border-accent' : 'border-line')}>
      <label className="flex items-start gap-2.5">
        <input
          type="radio"
          name={group}
          checked={isChosen}
          onChange={onChoose}
          aria-describedby={id}
          className="mt-1 accent-(--accent)"
        />
        <span className="flex min-w-0 flex-col">
          <span className="font-medium text-ink [overflow-wrap:anywhere]">{title}</span>
          <span id={id} className="numbers text-soft text-xs">
            {help}
          </span>
        </span>
      </label>
      {isChosen && <div className="mt-2 flex flex-col gap-2.5 pl-[1.6rem]">{children}</div>}
    </div>
  );
}

function AddressField({ place, onChange }: Pick<SourceChoiceProps, 'place' | 'onChange'>) {
  const t = useCatalogueT();
  const id = useId();
  const isWrong = place.address.trim() !== '' && !parsePlace(place.address);
  return (
    <div className="flex flex-col gap-1">
      <input
        id={id}
        type="text"
        inputMode="url"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        aria-label={t('get.address')}
        aria-invalid={isWrong}
        aria-describedby={`${id}-help`}
        value={place.address}
        onChange={(event) => onChange({ ...place, address: event.target.value })}
        className="field"
      />
      <p id={`${id}-help`} className={cx('text-xs', isWrong ? 'text-danger' : 'text-faint')}>
        {t(isWrong ? 'get.addressWrong' : 'get.addressHelp')}
      </p>
    </div>
  );
}

/** Test, token and list of files of a source on the network. */
function RemoteTools({ place, sources }: Pick<SourceChoiceProps, 'place' | 'sources'>) {
  const t = useCatalogueT();
  const order = sourceOf(place, sources);
  const source = order?.kind === 'files' ? undefined : order;
  const { test, run } = useSourceTest(source);
  const [asksToken, setAsksToken] = useState(false);
  if (!source) return null;
  const host = tokenHostOf(source);
  // ModelScope takes no header of ours, so a token could not reach it.
  const takesToken = source.kind !== 'modelscope';
  const isRefused = test?.kind === 'fails' && test.error.code === 'source-refused';
  const known = place.choice.kind === 'catalogue' ? sources[place.choice.at]?.files : undefined;
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        <Button
          aria-label={t('get.testNamed', { host })}
          disabled={test?.kind === 'testing'}
          onClick={() => void run()}
        >
          {t('get.test')}
        </Button>
        {takesToken && !isRefused && (
          <Button look="quiet" aria-expanded={asksToken} onClick={() => setAsksToken(!asksToken)}>
            {t('get.tokenShow')}
          </Button>
        )}
        <SourceResult test={test} />
      </div>
      {takesToken && (asksToken || isRefused) && <TokenField host={host} onChange={() => void run()} />}
      <ManualList source={source} files={test?.kind === 'works' ? test.report.files : known} />
    </>
  );
}

function titleOf(t: CatalogueTranslator, { host, by, repo }: CatalogueSource): string {
  const name = t(`host.${host}`);
  return `${by ? t('catalogue.by', { host: name, by }) : name} · ${repo}`;
}

function helpOf(t: CatalogueTranslator, source: CatalogueSource): string {
  const { by, isDelta, downloadBytes, isComputed, revision } = source;
  return [
    by ? t('get.merged', { by }) : t(isDelta ? 'get.delta' : 'get.full'),
    `${isComputed ? '≈ ' : ''}${t.bytes(downloadBytes)}`,
    isPinned(source) && t('catalogue.pinned', { revision: revision.slice(0, 7) }),
  ]
    .filter(Boolean)
    .join(' · ');
}
