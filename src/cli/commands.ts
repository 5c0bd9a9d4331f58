/**
 * The subcommands with their help. Each is loaded when it is called: most need neither a GPU nor a
 * tokenizer, and Dawn alone takes a while to load.
 */
export interface Command {
  /** What stands behind the name, for the usage line. */
  readonly usage: string;
  readonly summary: string;
  readonly help: string;
  /** Resolves to the exit code. */
  load(): Promise<(args: readonly string[]) => Promise<number>>;
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  convert: {
    usage: '--source DIR --out DIR [--quantization Q] [--base DIR] [--tokenizer DIR] [--template NAME]',
    summary: 'make a package from a published checkpoint',
    help: `  --source DIR        folder with config.json and safetensors or PyTorch .bin files
  --out DIR           folder to create; it appears only when the package is whole
  --quantization Q    q4f16_1 (default), q4f32_1, q0f16 or q0f32
  --base DIR          LLaMA model that --source is a delta of (Ziya)
  --tokenizer DIR     folder of the tokenizer files where --source has none
  --template NAME     prompt format, instead of the one guessed from the name
  --name, --origin, --revision, --licence TEXT
                      what aerie.json and the guess of the prompt format go by
  --force             replace --out if it is there
  --json              print what was written as JSON`,
    load: async () => (await import('./convert')).convert,
  },
  generate: {
    usage: '--model DIR (--prompt TEXT | --messages FILE | --ids 1,2,3)',
    summary: 'answer a prompt on the GPU',
    help: `  --model DIR         a package
  --prompt TEXT       text to continue
  --messages FILE     JSON array of {role, content}, put into the model's prompt format
  --ids 1,2,3         token ids to continue
  --max-tokens N, --temperature X, --top-k N, --top-p X, --seed N, --repetition-penalty X
  --json              print one JSON object instead of streaming text`,
    load: async () => (await import('./generate')).generate,
  },
  logits: {
    usage: '--model DIR --ids FILE.json --out FILE.f32',
    summary: 'write the logits after a sequence of token ids',
    help: `  --model DIR         a package
  --ids FILE.json     JSON array of token ids
  --out FILE.f32      little-endian float32 logits of the last position`,
    load: async () => (await import('./logits')).logits,
  },
  tokenize: {
    usage: '--tokenizer DIR --file FILE.json [--plain] [--json]',
    summary: 'turn texts into token ids',
    help: `  --tokenizer DIR     folder with the tokenizer files, or a package
  --file FILE.json    JSON array of texts
  --plain             read the text of special tokens (</s>, [CLS], …) as text like any other, as is done
                      with what a user types; without it they become those tokens, as in a prompt format
  --json              print a JSON array of arrays of ids instead of one line per text
Nothing is put before or after the ids of a text.`,
    load: async () => (await import('./tokenize')).tokenize,
  },
  inspect: {
    usage: '--model DIR [--json]',
    summary: 'show what a package is',
    help: `  --model DIR         a package
  --json              print JSON, every tensor included`,
    load: async () => (await import('./inspect')).inspect,
  },
  verify: {
    usage: '--model DIR [--json]',
    summary: 'check every file of a package against its hashes and shapes',
    help: `  --model DIR         a package
  --json              print JSON
Exit code 1 when something is wrong.`,
    load: async () => (await import('./verify')).verify,
  },
};
