/**
 * A host of checkpoints on this machine, as a hub is to the page: another origin that allows reading and ranges.
 * It can stop in the middle of a file and be gone for a while.
 */
import { open, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';

const PIECE_BYTES = 1 << 20;

export class SourceServer {
  /** Names and ranges asked for, in order. */
  readonly asked: { readonly name: string; readonly start: number }[] = [];
  /** Set: a response for this file ends its sending at this byte of the file and waits. */
  hold: { readonly name: string; readonly at: number } | undefined;
  /** True: every connection is cut, as without a network. */
  isGone = false;
  private readonly server: Server;

  private constructor(private readonly folder: string) {
    this.server = createServer((request, response) => {
      this.answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(folder: string): Promise<SourceServer> {
    const started = new SourceServer(folder);
    await new Promise<void>((resolve) => {
      started.server.listen(0, '127.0.0.1', resolve);
    });
    return started;
  }

  /** Address of the folder, with a slash at its end. */
  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/${basename(this.folder)}/`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.isGone) {
      request.socket.destroy();
      return;
    }
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-expose-headers', 'content-range, etag');
    const name = basename(decodeURIComponent(new URL(request.url ?? '', 'http://host').pathname));
    const path = join(this.folder, name);
    const size = await stat(path).then(
      (found) => (found.isFile() ? found.size : undefined),
      () => undefined,
    );
    if (size === undefined) {
      response.writeHead(404).end();
      return;
    }
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    const end = Math.min(size, to ? Number(to) + 1 : size);
    this.asked.push({ name, start });
    response.setHeader('etag', `"${name}-${size}"`);
    response.setHeader('content-length', end - start);
    if (from !== undefined) response.setHeader('content-range', `bytes ${start}-${end - 1}/${size}`);
    response.writeHead(from === undefined ? 200 : 206);
    await pipeline(Readable.from(this.pieces(path, start, end, name, response)), response);
  }

  private async *pieces(path: string, start: number, end: number, name: string, response: ServerResponse) {
    const file = await open(path);
    try {
      for (let at = start; at < end; ) {
        while (this.hold?.name === name && at >= this.hold.at && !response.destroyed && !this.isGone)
          await setTimeout(20);
        if (this.isGone || response.destroyed) return response.destroy();
        const piece = Buffer.alloc(Math.min(PIECE_BYTES, end - at));
        at += (await file.read(piece, 0, piece.length, at)).bytesRead;
        yield piece;
      }
    } finally {
      await file.close();
    }
    return undefined;
  }
}
