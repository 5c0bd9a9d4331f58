// Runs full-shape.ts, whose first lines say what for.
import { runMain } from '../src/tasks/modules.mjs';

await runMain('/e2e/full-shape.ts');
