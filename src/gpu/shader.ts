/**
 * Assembles WGSL: a prelude (files of shaders/lib, chosen by the caller) in front of one op of shaders/ops.
 * `enable`, `requires` and `diagnostic` lines of any part move to the top, as WGSL demands. Numbers are `override`
 * constants set at pipeline creation, never text.
 */
const sources = import.meta.glob<string>('../../shaders/{ops,lib}/*.wgsl', {
  query: '?raw',
  import: 'default',
  eager: true,
});

function source(path: string): string {
  const text = sources[`../../shaders/${path}.wgsl`];
  if (text === undefined) throw new Error(`no shader ${path}`);
  return text;
}

/** Full module text of `shaders/ops/<op>.wgsl` behind the given `shaders/lib/<name>.wgsl` files. */
export function assembleShader(op: string, preludes: readonly string[] = []): string {
  const parts = [...preludes.map((name) => source(`lib/${name}`)), source(`ops/${op}`)];
  const lines = parts.join('\n').split('\n');
  const isDirective = (line: string) => /^\s*(enable|requires)\s|^\s*diagnostic\s*\(/.test(line);
  return [...new Set(lines.filter(isDirective)), ...lines.filter((line) => !isDirective(line))].join('\n');
}

let version: string | undefined;

/** Changes with every change of any shader: FNV-1a of all of them. */
export function shaderVersion(): string {
  if (version !== undefined) return version;
  let hash = 0x811c9dc5;
  for (const path of Object.keys(sources).sort())
    for (const text of [path, sources[path]!])
      for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  version = (hash >>> 0).toString(16);
  return version;
}
