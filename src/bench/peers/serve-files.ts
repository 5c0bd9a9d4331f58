/** A Vite plugin that serves folders under addresses of their own, with ranges and JSON listings. */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, normalize } from 'node:path';
import type { Plugin } from 'vite';

const TYPES: Readonly<Record<string, string>> = { wasm: 'application/wasm', js: 'text/javascript' };

/** @param folders folder by address prefix, e.g. `/model/`. */
export function serveFiles(folders: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'serve-files',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = decodeURIComponent((request.url ?? '').split('?')[0]!);
        const found = [...folders].find(([prefix]) => path.startsWith(prefix));
        if (!found) return next();
        const [prefix, folder] = found;
        // `normalize` of an absolute path cannot leave the root, so that no name leaves the folder.
        const file = join(folder, normalize(`/${path.slice(prefix.length)}`));
        answer(request, response, file).catch(() => {
          response.statusCode = 404;
          response.end();
        });
      });
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, file: string): Promise<void> {
  const facts = await stat(file);
  // Pages that may share memory between threads take only what says that it may be taken.
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('cross-origin-embedder-policy', 'require-corp');
  if (facts.isDirectory()) {
    const names = await readdir(file);
    const list = await Promise.all(
      names.map(async (name) => ({ name, sizeBytes: (await stat(join(file, name))).size })),
    );
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(list));
    return;
  }
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const start = Number(from ?? 0);
  const end = Math.min(facts.size - 1, to ? Number(to) : facts.size - 1);
  if (from !== undefined) {
    response.statusCode = 206;
    response.setHeader('content-range', `bytes ${start}-${end}/${facts.size}`);
  }
  response.setHeader('content-type', TYPES[file.split('.').at(-1)!] ?? 'application/octet-stream');
  response.setHeader('content-length', end - start + 1);
  createReadStream(file, { start, end }).pipe(response);
}
