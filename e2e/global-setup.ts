/** Converts the tiny golden checkpoint once with the command line, for the journeys that import a package. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { GOLDEN_MODEL, goldenSource, PACKAGE_FOLDER } from './golden';

/** @returns the teardown, which deletes the package. */
export default function convertGoldenModel(): (() => void) | undefined {
  const found = goldenSource();
  if (!found) return undefined;
  const scratch = mkdtempSync(join(tmpdir(), 'aerie-journeys-'));
  const folder = join(scratch, GOLDEN_MODEL);
  const options = ['--source', found.source, '--tokenizer', found.tokenizer, '--quantization', 'q4f16_1'];
  execFileSync(process.execPath, ['src/cli/aerie.mjs', 'convert', ...options, '--out', folder], {
    cwd: resolve(import.meta.dirname, '..'),
    stdio: 'pipe',
  });
  process.env[PACKAGE_FOLDER] = folder;
  return () => rmSync(scratch, { recursive: true, force: true });
}
