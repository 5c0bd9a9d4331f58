import { AppError } from '../core/errors';
import { verifyPackage } from '../models/verify-package';
import { parseOptions, required } from './args';
import { errorText } from './error-text';
import { folderFiles } from './folder-files';

/** Exit code 0 when every file of a package is as it was made, 1 and the reason when not. */
export async function verify(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, {
    model: { type: 'string' },
    json: { type: 'boolean', default: false },
  });
  const model = required(options.model, '--model');
  try {
    const { package: opened, aerie, files } = await verifyPackage(folderFiles(model));
    const warnings = opened.unknownTensors.map(
      (tensor) => `Tensor ${tensor} is not used by this architecture.`,
    );
    if (aerie === undefined) warnings.push('No aerie.json: only lengths and what MD5 there is were checked.');
    if (options.json) {
      console.log(JSON.stringify({ ok: true, model, files, tensors: opened.tensors.size, warnings }));
      return 0;
    }
    const counts = new Map<string, number>();
    for (const { check } of files) counts.set(check, (counts.get(check) ?? 0) + 1);
    const checks = [...counts].map(([check, count]) => `${count} by ${check}`).join(', ');
    console.log(`${model}: good. ${files.length} files (${checks}), ${opened.tensors.size} tensors.`);
    for (const warning of warnings) console.error(warning);
    return 0;
  } catch (error) {
    if (!options.json) throw error;
    const { code, details } = AppError.from(error);
    console.log(JSON.stringify({ ok: false, model, code, details, message: errorText(error) }));
    return 1;
  }
}
