// `npm run aerie`: the command line.
import { runMain } from '../tasks/modules.mjs';

await runMain('/src/cli/main.ts');
