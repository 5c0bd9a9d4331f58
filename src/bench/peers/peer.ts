/** An engine as the comparison sees it. Every peer gets the same weights, the same prompt and draws greedily. */

export interface Peer {
  readonly name: PeerName;
  /** Brings the model in; says what it runs on. Rejects when it cannot run here. */
  load(files: PeerFiles): Promise<string>;
  /** One answer of exactly `maxTokens` tokens to a prompt that no cache knows. */
  run(prompt: readonly number[], maxTokens: number): Promise<PeerRun>;
  unload(): Promise<void>;
}

export const PEER_NAMES = ['aerie', 'wllama-webgpu', 'wllama-cpu', 'web-llm', 'transformers.js'] as const;
export type PeerName = (typeof PEER_NAMES)[number];

/** Addresses of one model in each peer's form; a peer whose form is not there cannot run. */
export interface PeerFiles {
  /** Folder with mlc-chat-config.json. */
  readonly packageUrl: string;
  readonly ggufUrl: string;
  /** Stock web-llm's compiled model library. */
  readonly mlcLibraryUrl?: string;
  /** Folder of an ONNX export. */
  readonly onnxUrl?: string;
}

export interface PeerRun {
  /** From the call to the first token, ms: the prompt's forward pass and one draw. */
  readonly firstTokenMs: number;
  /** From the first token to the last, ms. */
  readonly decodeMs: number;
  /** Tokens after the first. */
  readonly decodeTokens: number;
  /** Ids drawn; empty where the peer does not tell. */
  readonly ids: readonly number[];
}

/** Collects tokens as they arrive. */
export class RunClock {
  private readonly startedMs = performance.now();
  private firstMs = 0;
  private lastMs = 0;
  private readonly ids: number[] = [];
  private count = 0;

  /** `tokens` more have arrived. */
  add(tokens: number, ids: readonly number[] = []): void {
    if (tokens === 0) return;
    this.lastMs = performance.now();
    if (this.count === 0) this.firstMs = this.lastMs;
    this.count += tokens;
    this.ids.push(...ids);
  }

  end(): PeerRun {
    return {
      firstTokenMs: this.firstMs - this.startedMs,
      decodeMs: this.lastMs - this.firstMs,
      decodeTokens: this.count - 1,
      ids: this.ids,
    };
  }
}
