/**
 * A host of checkpoints on 127.0.0.1, for tests: it speaks the shapes of Hugging Face, of ModelScope and of a
 * plain folder, sends the cross-origin headers that each of them is known to send, and goes wrong on request
 * (test-source-faults.ts). Node only, no bundler needed: browser tests may start it as well.
 *
 *   const server = await startSourceServer({ 'config.json': '{…}', 'model.safetensors': bytes });
 *   server.origin                     base of both hub shapes: hosts { huggingFace: origin, modelScope: origin }
 *   server.folder()                   address of the plain folder
 *   server.addRepo('ORG/BASE', files) one more repository
 *   server.fault({ kind: 'cut', path: 'model.safetensors', afterBytes: 1000, times: 2 })
 *   server.replace('model.safetensors', bytes)    changes a file: bytes, entity tag, date, listing
 *   server.requests                   what was asked for, with the headers that matter
 *   await server.close()              ends stalled connections too
 *
 * Options: `repo` (default `aerie/tiny`), `pageSize` of the Hugging Face listing, `redirect` (files are on a
 * second origin, as with both hubs), `token` (without it: 401), `pace` (slow delivery), `hasEntityTags`,
 * `listedSizes` (lengths that the listings claim), `port`.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Fault, FaultList, type Pace, sendBody } from './test-source-faults';
import { blobs, commitOf, type Repo, type StoredFile, treePage } from './test-source-listings';

export type ServedFiles = Readonly<Record<string, Uint8Array | string>>;

export interface SourceServerOptions {
  readonly repo?: string;
  readonly pageSize?: number;
  readonly redirect?: boolean;
  readonly token?: string;
  readonly pace?: Pace;
  readonly hasEntityTags?: boolean;
  readonly listedSizes?: Readonly<Record<string, number>>;
  readonly port?: number;
}

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly port: number;
  readonly headers: IncomingMessage['headers'];
}

export interface SourceServer {
  readonly origin: string;
  /** Where `redirect` sends: another origin of the same machine. */
  readonly cdnOrigin: string;
  readonly repo: string;
  readonly requests: readonly SeenRequest[];
  folder(repo?: string): string;
  /** The commit that its branch `main` points to. */
  commit(repo?: string): string;
  addRepo(repo: string, files: ServedFiles): void;
  replace(name: string, content: Uint8Array | string, repo?: string): void;
  fault(fault: Fault): void;
  /** Forgets faults and requests. */
  reset(): void;
  close(): Promise<void>;
}

const HF_EXPOSED =
  'X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,X-Total-Count,ETag,Link,Accept-Ranges,' +
  'Content-Range,X-Linked-Size,X-Linked-ETag,X-Xet-Hash';

/** Files of a folder, not of its subfolders, ready to be served. */
export function folderContents(folder: string): Record<string, Uint8Array> {
  const names = readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
}

export async function startSourceServer(
  files: ServedFiles,
  options: SourceServerOptions = {},
): Promise<SourceServer> {
  const host = new Host(options);
  const mainRepo = options.repo ?? 'aerie/tiny';
  host.addRepo(mainRepo, files);
  const main = await listen(host, 'hub', options.port ?? 0);
  const cdn = await listen(host, 'cdn', 0);
  const origin = originOf(main);
  host.cdnOrigin = originOf(cdn);
  return {
    origin,
    cdnOrigin: host.cdnOrigin,
    repo: mainRepo,
    requests: host.requests,
    folder: (repo = mainRepo) => `${origin}/files/${repo}/`,
    commit: (repo = mainRepo) => commitOf(host.repos.get(repo) ?? new Map()),
    addRepo: (repo, added) => host.addRepo(repo, added),
    replace: (name, content, repo = mainRepo) => host.put(repo, name, content),
    fault: (fault) => host.faults.add(fault),
    reset() {
      host.faults.clear();
      host.requests.length = 0;
    },
    async close() {
      for (const server of [main, cdn]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

async function listen(host: Host, role: 'hub' | 'cdn', port: number): Promise<Server> {
  const server = createServer((request, response) => {
    host.answer(role, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

const originOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

class Host {
  readonly repos = new Map<string, Repo>();
  /** Older states of a repository, by their commit: hubs keep them. */
  private readonly commits = new Map<string, Repo>();
  readonly faults = new FaultList();
  readonly requests: SeenRequest[] = [];
  cdnOrigin = '';
  private changes = 0;

  constructor(private readonly options: SourceServerOptions) {}

  addRepo(repo: string, files: ServedFiles): void {
    this.repos.set(repo, new Map());
    for (const [name, content] of Object.entries(files)) this.put(repo, name, content);
  }

  put(repo: string, name: string, content: Uint8Array | string): void {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const modified = new Date(Date.UTC(2024, 0, 1) + 1000 * this.changes++);
    const files = new Map(this.repos.get(repo)).set(name, { bytes, sha256, modified });
    this.repos.set(repo, files);
    this.commits.set(commitOf(files), files);
  }

  async answer(role: 'hub' | 'cdn', request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://host');
    const path = decodeURIComponent(url.pathname);
    const method = request.method ?? '';
    const port = request.socket.localPort ?? 0;
    this.requests.push({ method, path, port, headers: request.headers });
    const shape = shapeOf(role, path);
    crossOrigin(response, shape, request.headers.origin);
    // The bridge behind Hugging Face is known to fail preflights; a client must not cause any there.
    if (method === 'OPTIONS') return void response.writeHead(shape === 'bridge' ? 403 : 204).end();
    if (method !== 'GET') return void response.writeHead(405).end();
    if (request.headers.referer !== undefined) return void response.writeHead(403).end();
    const { token } = this.options;
    if (token !== undefined && role === 'hub' && request.headers.authorization !== `Bearer ${token}`) {
      return void response.writeHead(401, { 'x-error-code': 'GatedRepo' }).end('Access is restricted');
    }
    const found = this.findFile(path);
    const isFile = /^\/files\/|\/resolve\//.test(path);
    const isElsewhere = isFile && this.options.redirect === true && role === 'hub';
    // Where files are on a second origin they go wrong there.
    const fault = isElsewhere ? undefined : this.faults.take(path, rangeOf(request)?.start ?? 0, isFile);
    if (fault && (await this.fail(fault, path, response))) return;
    if (!isFile) return this.answerListing(path, url.searchParams, response, fault);
    if (!found) {
      if (shape === 'folder') response.removeHeader('access-control-allow-origin');
      return void response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end('Entry not found');
    }
    if (isElsewhere) {
      return void response.writeHead(302, { location: `${this.cdnOrigin}${url.pathname}?signed=1` }).end();
    }
    await this.sendFile(found, request, response, fault);
  }

  /** Faults that need no file; true when the request is answered. */
  private async fail(fault: Fault, path: string, response: ServerResponse): Promise<boolean> {
    if (fault.kind === 'status')
      response.writeHead(fault.status, fault.headers).end(`status ${fault.status}`);
    else if (fault.kind === 'html') {
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end('<!doctype html><p>App</p>');
    } else if (fault.kind === 'redirect') {
      const target = fault.to === 'cdn' ? this.cdnOrigin : fault.to;
      response.writeHead(302, { location: `${target}${encodeURI(path)}` }).end();
    } else if (fault.kind === 'cut' && fault.afterBytes === undefined) response.destroy();
    else if (fault.kind !== 'stall' || fault.afterBytes !== undefined) return false;
    fault.onDone?.();
    return true;
  }

  private findFile(path: string): StoredFile | undefined {
    const [, repo, revision, name] =
      /^\/(?:models\/)?([^/]+\/[^/]+)\/resolve\/((?:refs\/pr\/)?[^/]+)\/(.+)$/.exec(path) ?? [];
    if (repo && revision && name) return this.revision(repo, revision)?.get(name);
    const [, folder, file] = /^\/files\/([^/]+\/[^/]+)\/(.+)$/.exec(path) ?? [];
    return folder && file ? this.repos.get(folder)?.get(file) : undefined;
  }

  private revision(repo: string, revision: string): Repo | undefined {
    return /^(main|master|refs\/pr\/1)$/.test(revision) ? this.repos.get(repo) : this.commits.get(revision);
  }

  private async sendFile(
    file: StoredFile,
    request: IncomingMessage,
    response: ServerResponse,
    fault: Fault | undefined,
  ): Promise<void> {
    const total = fault?.kind === 'wrong-total' ? fault.totalBytes : file.bytes.length;
    response.setHeader('accept-ranges', 'bytes');
    response.setHeader('content-type', 'application/octet-stream');
    if (this.options.hasEntityTags !== false) {
      response.setHeader('etag', `"${file.sha256.slice(0, 32)}"`);
      response.setHeader('last-modified', file.modified.toUTCString());
    }
    const range = fault?.kind === 'ignore-range' ? undefined : rangeOf(request);
    if (range && range.start >= file.bytes.length) {
      return void response.writeHead(416, { 'content-range': `bytes */${total}` }).end();
    }
    const shift = fault?.kind === 'wrong-start' ? fault.shiftBytes : 0;
    const start = (range?.start ?? 0) + shift;
    const body = file.bytes.subarray(start, range?.end === undefined ? undefined : range.end + shift);
    const headers: Record<string, string | number> = {};
    if (fault?.kind !== 'short') headers['content-length'] = body.length;
    if (range) headers['content-range'] = `bytes ${start}-${start + body.length - 1}/${total}`;
    response.writeHead(range ? 206 : 200, headers);
    response.flushHeaders();
    await sendBody(response, body, fault, this.options.pace);
  }

  private async answerListing(
    path: string,
    query: URLSearchParams,
    response: ServerResponse,
    fault: Fault | undefined,
  ): Promise<void> {
    const send = (status: number, value: unknown, headers: Record<string, string> = {}) => {
      const body = new TextEncoder().encode(JSON.stringify(value));
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      return sendBody(response, body, fault, undefined);
    };
    const [, hfRepo, action, revision] =
      /^\/api\/models\/([^/]+\/[^/]+)\/(revision|tree)\/(.+)$/.exec(path) ?? [];
    if (hfRepo && revision) {
      const repo = this.revision(hfRepo, revision);
      if (!repo) return send(404, { error: 'Not found' });
      if (action === 'revision') return send(200, { id: hfRepo, sha: commitOf(repo), siblings: [] });
      const { items, next } = treePage(repo, Number(query.get('cursor') ?? 0), this.options);
      const link = `<http://${response.req.headers.host}${encodeURI(path)}?recursive=true&cursor=${next}>`;
      return send(200, items, next === undefined ? {} : { link: `${link}; rel="next"` });
    }
    const [, msRepo] = /^\/api\/v1\/models\/([^/]+\/[^/]+)\/repo\/files$/.exec(path) ?? [];
    const repo = msRepo && this.revision(msRepo, query.get('Revision') ?? 'master');
    if (repo)
      return send(200, { Code: 200, Success: true, Message: '', Data: { Files: blobs(repo, this.options) } });
    return send(404, { Code: 10010205001, Success: false, Message: 'not found', Data: null });
  }
}

type Shape = 'hugging-face' | 'modelscope' | 'folder' | 'bridge';

function shapeOf(role: 'hub' | 'cdn', path: string): Shape {
  if (/^\/(models|api\/v1)\//.test(path)) return 'modelscope';
  if (/^\/files\//.test(path)) return 'folder';
  return role === 'cdn' ? 'bridge' : 'hugging-face';
}

/**
 * As seen in answers of the hosts: Hugging Face echoes the origin and names the headers a page may read, the
 * bridge behind it allows everything; ModelScope names none, so that a page there sees neither entity tag nor
 * Content-Range. A plain folder is like nginx with one `add_header`, which it leaves out of a 404.
 */
function crossOrigin(response: ServerResponse, shape: Shape, origin = '*'): void {
  response.setHeader('access-control-allow-origin', shape === 'hugging-face' ? origin : '*');
  if (shape === 'hugging-face') {
    response.setHeader('vary', 'Origin');
    response.setHeader('access-control-expose-headers', HF_EXPOSED);
    response.setHeader('access-control-allow-headers', 'Authorization,Range');
  } else if (shape === 'bridge') response.setHeader('access-control-expose-headers', '*');
  else if (shape === 'modelscope') {
    response.setHeader('access-control-allow-methods', 'GET,OPTIONS');
    response.setHeader('access-control-allow-headers', 'Cache-Control,Content-Type,Range,Authorization');
  }
}

/** `end` exclusive. */
function rangeOf({ headers }: IncomingMessage): { start: number; end: number | undefined } | undefined {
  const [, start, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  return start === undefined ? undefined : { start: Number(start), end: last ? Number(last) + 1 : undefined };
}
