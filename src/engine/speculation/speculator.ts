/**
 * Guessing ahead as the token loop sees it: knows the text, says when a guess is worth a pass, learns from what
 * came of it. Pure; the pass itself is verify.ts.
 */
import type { EngineOptions } from '../engine-options';
import { Acceptance } from './acceptance';
import { DraftIndex } from './draft';
import { SpeculationPolicy } from './policy';

/** Where it measures faster, or wherever there is something to guess from. */
type SpeculationMode = Exclude<EngineOptions['speculation'], 'off'>;

export class Speculator {
  private readonly index = new DraftIndex();
  private readonly acceptance = new Acceptance();
  private readonly policy = new SpeculationPolicy();
  private mode: SpeculationMode = 'auto';
  private drafted = 0;
  private accepted = 0;

  /** Tokens guessed and checked so far, and those of them that were right. */
  get figures(): { draftedTokens: number; acceptedTokens: number } {
    return { draftedTokens: this.drafted, acceptedTokens: this.accepted };
  }

  /** An answer to `tokens` begins. */
  start(tokens: readonly number[], mode: SpeculationMode): void {
    this.mode = mode;
    this.index.sync(tokens);
    this.acceptance.restart();
  }

  /** The model drew `id`, and it stays. */
  push(id: number): void {
    this.index.push(id);
    this.acceptance.observe(id, this.index.draft());
  }

  /**
   * Token ids to check, empty when going on plainly is better.
   * @param inFlight plain tokens already submitted; with any, a draft only says that no more should be submitted
   * @param most draft tokens allowed: a pass gives up to one more
   */
  draft(inFlight: number, most: number): readonly number[] {
    const draft = most > 0 ? this.index.draft() : undefined;
    if (!draft) return [];
    if (this.mode === 'always') return draft.ids.slice(0, most);
    const chances = this.acceptance.chances(draft.matched).slice(0, inFlight + most);
    return draft.ids.slice(0, this.policy.decide(chances, inFlight));
  }

  /** A token of the plain loop took `ms`, with the pipeline filled before it or empty. */
  reportPlain(ms: number, wasFilled: boolean): void {
    if (wasFilled) this.policy.reportPlain(ms);
    else if (this.mode === 'auto') this.policy.reportRestart(ms);
  }

  /** Checking `draft` tokens took `ms` and gave `tokens`. */
  reportPass(draft: number, ms: number, tokens: number): void {
    this.drafted += draft;
    this.accepted += tokens - 1;
    if (this.mode === 'auto') this.policy.reportPass(draft + 1, ms, tokens);
  }
}
