export interface Modules {
  /** @param file from the root, with a slash in front: `/src/engine/runner.ts`. */
  load(file: string): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

export function openModules(root: string): Promise<Modules>;
export function runMain(file: string): Promise<never>;
