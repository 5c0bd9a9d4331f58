/** What the user has chosen for a conversion, and the order it comes down to. Pure. */
import type { Quantization } from '../../../models/architecture';
import { LICENCES } from '../../../models/catalogue/licences';
import type { CatalogueModel } from '../../../models/catalogue/types';
import type { TemplateName } from '../../../models/templates';
import { isQuantized } from '../../../models/tensor-plan';
import type { ConvertOrder } from '../../../store/convert-order';
import { idOf } from '../../../store/install';
import type { GivenFolder } from '../given-folder';
import { NO_PLACE, type Place, type PlaceChoice, sourceOf } from './places';

/** What a conversion is wanted for, before the user has chosen anything. */
export interface ConvertPlan {
  /** Of the catalogue, or recognised by its name. */
  readonly model?: CatalogueModel;
  /** What people call it. */
  readonly name: string;
  /** A checkpoint that was dropped or picked. */
  readonly given?: GivenFolder;
  /** Of a hub or a folder, entered by the user. */
  readonly address?: string;
  /** A LoRA that was dropped or picked. */
  readonly lora?: GivenFolder;
}

export interface ConvertForm {
  readonly plan: ConvertPlan;
  readonly source: Place;
  /** Of files or an address: whether they are a delta. */
  readonly isDelta: boolean;
  readonly base: Place;
  readonly lora: GivenFolder | undefined;
  readonly quantization: Quantization;
  /** Looks for the scale of least error; of 4-bit quantisations only. */
  readonly isCareful: boolean;
  /** Undefined: the model's own. */
  readonly template: TemplateName | undefined;
}

/** Unquantised weights of more than this are no sensible choice in a browser. */
const SMALL_PARAMETERS = 3e9;

/** @param preferredHost hub to propose where the model is on several. */
export function startForm(plan: ConvertPlan, preferredHost: string | null): ConvertForm {
  const { given, address = '', lora } = plan;
  return {
    plan,
    source: { choice: firstChoice(plan, preferredHost), given, address },
    isDelta: guessDelta(plan),
    base: NO_PLACE,
    lora,
    quantization: 'q4f16_1',
    isCareful: false,
    template: undefined,
  };
}

/** What the catalogue says of that repository, else of the publisher's; a folder called merged is. */
function guessDelta({ model, given, address = '' }: ConvertPlan): boolean {
  const known = model?.sources.find(({ repo }) => address.includes(repo)) ?? model?.sources[0];
  const label = given?.label ?? address;
  return model ? (known?.isDelta ?? false) && !/merged/i.test(label) : /delta/i.test(label);
}

function firstChoice({ model, given, address }: ConvertPlan, preferredHost: string | null): PlaceChoice {
  if (given) return { kind: 'files' };
  if (address) return { kind: 'address' };
  const sources = model?.sources ?? [];
  if (sources.length === 0) return { kind: 'files' };
  return {
    kind: 'catalogue',
    at: Math.max(
      0,
      sources.findIndex(({ host }) => host === preferredHost),
    ),
  };
}

/** Whether a base has to be merged in: the repository says so, or the user for files of their own. */
export function needsBase({ plan: { model }, source: { choice }, isDelta }: ConvertForm): boolean {
  return choice.kind === 'catalogue' ? (model?.sources[choice.at]?.isDelta ?? false) : isDelta;
}

/** Whether the user has to say if their files are a delta: of an unknown model nobody else can. */
export function asksIfDelta({ plan: { model }, source: { choice } }: ConvertForm): boolean {
  return choice.kind !== 'catalogue' && (model?.sources.some(({ isDelta }) => isDelta) ?? true);
}

export function quantizationsFor(model: CatalogueModel | undefined): readonly Quantization[] {
  const isSmall = !model?.parameters || model.parameters <= SMALL_PARAMETERS;
  return isSmall ? ['q4f16_1', 'q4f32_1', 'q0f16', 'q0f32'] : ['q4f16_1', 'q4f32_1'];
}

/** Bytes to be fetched from the network, as far as the catalogue knows them. */
export function downloadBytes({ plan: { model }, source: { choice } }: ConvertForm): number | undefined {
  if (choice.kind === 'files') return 0;
  return choice.kind === 'catalogue' ? model?.sources[choice.at]?.downloadBytes : undefined;
}

/** What the user still has to choose. */
export function missingPart(form: ConvertForm): 'source' | 'base' | undefined {
  if (!sourceOf(form.source, form.plan.model?.sources)) return 'source';
  return needsBase(form) && !sourceOf(form.base) ? 'base' : undefined;
}

/** Undefined while something is missing. */
export function orderOf(form: ConvertForm): ConvertOrder | undefined {
  const { plan, lora, quantization, isCareful, template } = form;
  const { model } = plan;
  const source = sourceOf(form.source, model?.sources);
  const base = needsBase(form) ? sourceOf(form.base) : undefined;
  if (!source || missingPart(form)) return undefined;
  const name = lora ? `${plan.name} + ${lora.label}` : plan.name;
  return {
    kind: 'convert',
    id: idOf({ name: [model?.id ?? plan.name, lora?.label].filter(Boolean).join('-'), quantization }),
    name,
    ...(model && { catalogueId: model.id }),
    source,
    ...(base && { base }),
    ...(lora && { lora: { kind: 'files', ...lora } }),
    quantization,
    ...(isCareful && isQuantized(quantization) && { rounding: 'search' as const }),
    ...(template && { template }),
    licence: model ? LICENCES[model.licence].shortName : '',
  };
}
