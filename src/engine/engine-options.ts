/** What the user may choose about how a model runs; takes effect with the next load. */
export interface EngineOptions {
  /**
   * Activations as 8-bit integers in the matrix products: faster where arithmetic is the limit, but the logits
   * move by about the noise of a second, much finer quantisation.
   */
  readonly int8Activations: boolean;
  /** Keys and values as 8-bit integers: half the memory and half the reading for long conversations. */
  readonly int8Kv: boolean;
  /** Guess ahead from the text itself and check the guess in one pass: where it measures faster, never, or always. */
  readonly speculation: 'auto' | 'off' | 'always';
}

export const DEFAULT_ENGINE_OPTIONS: EngineOptions = {
  int8Activations: false,
  int8Kv: false,
  speculation: 'auto',
};
