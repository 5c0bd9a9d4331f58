// `npm run bench:peers`.
import { runMain } from '../../tasks/modules.mjs';

await runMain('/src/bench/peers/run-peers.ts');
