/** What the user gave, and the conversion to propose for it. */
import { detectGiven } from '../../../convert/sources/given-files';
import { catalogueEntryFor } from '../../../models/catalogue';
import type { GivenFolder } from '../given-folder';
import type { ConvertPlan } from './convert-form';
import { parsePlace } from './places';

/** Larger files of that name are no configuration. */
const MOST_CONFIG_BYTES = 1 << 20;

/** Undefined for a finished package, and for what is nothing known: both go to the import, which says what is missing. */
export async function planFor(given: GivenFolder): Promise<ConvertPlan | undefined> {
  switch (detectGiven(given.files)) {
    case 'lora':
      return { name: given.label, lora: given };
    case 'checkpoint':
      return checkpointPlan(given);
    default:
      return undefined;
  }
}

/** For the address of a hub's repository; undefined for any other, which is a finished package. */
export function planForAddress(address: string): ConvertPlan | undefined {
  const place = parsePlace(address);
  if (!place || place.kind === 'url') return undefined;
  const { repo, revision } = place;
  const name = repo.split('/').at(-1)!;
  const model = catalogueEntryFor({ origin: repo, name, revision });
  return { name: model?.name ?? name, address: address.trim(), ...(model && { model }) };
}

async function checkpointPlan(given: GivenFolder): Promise<ConvertPlan> {
  const { config, folder } = await readConfig(given);
  const { _name_or_path: origin, vocab_size: vocab } = config;
  const model = catalogueEntryFor({
    origin: typeof origin === 'string' ? origin : '',
    name: folder,
    ...(typeof vocab === 'number' && { vocab }),
  });
  return { name: model?.name ?? folder, given, ...(model && { model }) };
}

/** The uppermost config.json and the folder it lies in. What cannot be read here is the converter's to refuse. */
async function readConfig({ files, label }: GivenFolder) {
  const depth = ({ path }: { readonly path: string }) => path.split('/').length;
  const [found] = files
    .filter(({ path }) => path.split('/').at(-1) === 'config.json')
    .sort((a, b) => depth(a) - depth(b));
  const folder = found?.path.split('/').at(-2) ?? label;
  if (!found || found.file.size > MOST_CONFIG_BYTES) return { config: {}, folder };
  try {
    const parsed: unknown = JSON.parse(await found.file.text());
    const isRecord = typeof parsed === 'object' && parsed !== null;
    return { config: isRecord ? (parsed as Record<string, unknown>) : {}, folder };
  } catch {
    return { config: {}, folder };
  }
}
