// Builds Aerie and serves the production build on http://localhost:4173.
import { build, preview } from 'vite';

const root = new URL('../../', import.meta.url).pathname;
const PORT = 4173;

console.log('Building …');
await build({ root, logLevel: 'warn' });
try {
  await preview({ root, preview: { port: PORT, strictPort: true }, logLevel: 'warn' });
} catch (error) {
  console.error(
    `Port ${PORT} is taken: is Aerie running already? (${error instanceof Error ? error.message : error})`,
  );
  process.exit(1);
}
console.log(
  `\n  Aerie is ready: http://localhost:${PORT}\n  Open it in Chrome or Edge. Ctrl+C stops the server.\n`,
);
