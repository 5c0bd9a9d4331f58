/** One model of the catalogue: what it is for, what it takes, whether it fits, and the one thing to do next. */
import { Pause } from 'lucide-react';
import { type CatalogueTranslator, useCatalogueT } from '../../../i18n/catalogue';
import { catalogueModel } from '../../../models/catalogue';
import { packageBytes } from '../../../models/catalogue/memory';
import type { CatalogueModel } from '../../../models/catalogue/types';
import type { Verdict } from '../../../models/catalogue/verdict';
import { Button } from '../../../ui/Button';
import { cx } from '../../../ui/cx';
import { Badge, type BadgeTone } from './Badge';
import type { CatalogueActions } from './Catalogue';
import { CatalogueDetails } from './CatalogueDetails';
import type { CardState } from './card-state';
import { fitSentence } from './fit';
import { purposeOf } from './purposes';

interface CatalogueCardProps extends CatalogueActions {
  readonly model: CatalogueModel;
  readonly fit: Verdict | undefined;
  readonly state: CardState;
}

const VERDICT_TONES: Record<Verdict['verdict'], BadgeTone> = {
  fits: 'good',
  tight: 'warn',
  'too-large': 'bad',
  unknown: 'plain',
};

export function CatalogueCard({ model, fit, state, ...actions }: CatalogueCardProps) {
  const t = useCatalogueT();
  const { id, name, edition, status } = model;
  const isGone = status === 'never-released';
  const purpose = purposeOf(id);
  const judged = fit && fit.verdict !== 'unknown' ? fit : undefined;
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-1 py-3">
      <div className="flex min-w-0 flex-1 basis-64 flex-col gap-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <h4 className={cx('font-semibold [overflow-wrap:anywhere]', isGone && 'text-faint')}>
            {name}
            {edition && <span className="font-normal"> {t('catalogue.edition', { edition })}</span>}
          </h4>
          {state.kind === 'installed' && <Badge tone="good">{t('catalogue.installed')}</Badge>}
          {status !== 'available' && <Badge tone="plain">{t(`catalogue.status.${status}`)}</Badge>}
          {judged && (
            <Badge tone={VERDICT_TONES[judged.verdict]}>{t(`catalogue.verdict.${judged.verdict}`)}</Badge>
          )}
        </div>
        {purpose && <p className={isGone ? 'text-faint' : ''}>{t(purpose)}</p>}
        <Facts model={model} />
        <StatusReason model={model} />
        {judged && judged.verdict !== 'fits' && (
          <p className="numbers text-soft text-xs">{fitSentence(t, judged)}</p>
        )}
      </div>
      <MainButton model={model} state={state} {...actions} />
      <CatalogueDetails
        model={model}
        fit={fit}
        onAgain={state.kind === 'installed' ? () => actions.onGet(model) : undefined}
      />
    </li>
  );
}

function Facts({ model }: { model: CatalogueModel }) {
  const t = useCatalogueT();
  const { architecture, licence, parameters, sources } = model;
  const [source] = sources;
  const facts = [
    parameters !== undefined && t('catalogue.parameters', { count: compact(t, parameters) }),
    architecture && t('catalogue.context', { count: architecture.contextLength }),
    architecture &&
      source &&
      t(source.isDelta ? 'catalogue.sizesDelta' : 'catalogue.sizes', {
        downloadBytes: source.downloadBytes,
        keptBytes: packageBytes(architecture, 'q4f16_1'),
      }),
    t(`licence.name.${licence}`),
  ].filter(Boolean);
  return <p className="numbers text-soft text-xs">{facts.join(' · ')}</p>;
}

function StatusReason({ model: { sources, status, supersededBy } }: { model: CatalogueModel }) {
  const t = useCatalogueT();
  const successor = supersededBy === undefined ? undefined : catalogueModel(supersededBy);
  const reasons = {
    available: [],
    experiment: [t('catalogue.experiment')],
    'never-released': [t('catalogue.neverReleased')],
    superseded: [
      successor ? t('catalogue.supersededBy', { model: nameOf(t, successor) }) : t('catalogue.superseded'),
      sources.length === 0 ? t('catalogue.noSource') : '',
    ],
  }[status].filter(Boolean);
  if (reasons.length === 0) return null;
  return <p className="text-soft text-xs">{reasons.join(t.language === 'zh' ? '' : ' ')}</p>;
}

function MainButton({ model, state, ...actions }: Omit<CatalogueCardProps, 'fit'>) {
  const t = useCatalogueT();
  const { onGet, onPause, onResume, onUse } = actions;
  const name = nameOf(t, model);
  switch (state.kind) {
    case 'unavailable':
      return null;
    case 'converting':
      return (
        <div className="flex items-center gap-2">
          <span className="numbers text-accent text-xs">
            {t('catalogue.converting', { percent: `${Math.floor(state.share * 100)}%` })}
          </span>
          <Button icon={Pause} disabled={state.isPausing} onClick={onPause}>
            {t('convert.pause')}
          </Button>
        </div>
      );
    case 'unfinished':
      return (
        <Button
          aria-label={t('catalogue.resumeNamed', { model: name })}
          disabled={state.isBlocked}
          onClick={() => onResume(state.id)}
        >
          {t('catalogue.resume')}
        </Button>
      );
    case 'installed':
      return (
        <Button aria-label={t('models.useNamed', { model: name })} onClick={() => onUse(state.id)}>
          {t('models.use')}
        </Button>
      );
    case 'available':
      return (
        <Button aria-label={t('catalogue.getNamed', { model: name })} onClick={() => onGet(model)}>
          {t('catalogue.get')}
        </Button>
      );
  }
}

function nameOf(t: CatalogueTranslator, { name, edition }: CatalogueModel): string {
  return edition === undefined ? name : `${name} ${t('catalogue.edition', { edition })}`;
}

/** 7.3B, 73 亿. */
function compact(t: CatalogueTranslator, count: number): string {
  const format = new Intl.NumberFormat(t.locale, { notation: 'compact', maximumSignificantDigits: 3 });
  const parts = format
    .formatToParts(count)
    .map(({ type, value }) => (type === 'compact' ? ` ${value}` : value));
  return t.language === 'zh' ? parts.join('') : format.format(count);
}
