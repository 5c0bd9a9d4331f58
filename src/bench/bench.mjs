// `npm run bench`.
import { runMain } from '../tasks/modules.mjs';

await runMain('/src/bench/cli/main.ts');
