/**
 * The dialogs on the way to a model, one after the other: its licence, once; then source, base and options. Opened
 * from the catalogue and by giving files.
 */
import type { ConvertOrder } from '../../../store/convert-order';
import { ConvertDialog } from './ConvertDialog';
import type { ConvertPlan } from './convert-form';
import { LicenceDialog } from './LicenceDialog';
import type { Removable } from './SpaceCheck';

interface GettingProps {
  /** Undefined: nothing is wanted. */
  readonly plan: ConvertPlan | undefined;
  readonly acceptedLicences: readonly string[];
  readonly preferredHost: string | null;
  readonly running: string | undefined;
  readonly removable: readonly Removable[];
  readonly onAccept: (licence: string) => void;
  readonly onRemove: (id: string) => void;
  readonly onStart: (order: ConvertOrder) => void;
  readonly onClose: () => void;
}

export function Getting({ plan, acceptedLicences, onAccept, ...rest }: GettingProps) {
  if (!plan) return null;
  const { model } = plan;
  if (model && !acceptedLicences.includes(model.licence))
    return <LicenceDialog model={model} onAccept={() => onAccept(model.licence)} onClose={rest.onClose} />;
  return <ConvertDialog plan={plan} {...rest} />;
}
