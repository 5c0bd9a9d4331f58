/** Runs in the browser: loads every peer in turn, then answers round by round, one peer after the other. */
import { AeriePeer } from './aerie-peer';
import { PEER_NAMES, type Peer, type PeerFiles, type PeerName, type PeerRun } from './peer';
import { TransformersPeer } from './transformers-peer';
import { WebLlmPeer } from './web-llm-peer';
import { WllamaPeer } from './wllama-peer';

export interface PeersOrder {
  readonly peers: readonly PeerName[];
  readonly files: PeerFiles;
  readonly transformersUrl?: string;
  readonly prompt: readonly number[];
  readonly maxTokens: number;
  readonly rounds: number;
}

export interface PeerOutcome {
  readonly name: PeerName;
  /** What it ran on; absent when it could not run. */
  readonly runsOn?: string;
  readonly failure?: string;
  readonly loadMs?: number;
  /** After one run that does not count. */
  readonly runs: readonly PeerRun[];
}

declare global {
  var runPeers: (order: PeersOrder) => Promise<PeerOutcome[]>;
}

globalThis.runPeers = async (order) => {
  const outcomes = new Map<PeerName, PeerOutcome>();
  const loaded: Peer[] = [];
  for (const name of PEER_NAMES.filter((known) => order.peers.includes(known))) {
    const peer = makePeer(name, order);
    const startedMs = performance.now();
    try {
      const runsOn = await peer.load(order.files);
      const loadMs = performance.now() - startedMs;
      await peer.run(order.prompt, 2);
      loaded.push(peer);
      outcomes.set(name, { name, runsOn, loadMs, runs: [] });
    } catch (error) {
      outcomes.set(name, { name, failure: reason(error), runs: [] });
      await peer.unload().catch(() => {});
    }
    console.info(`${name}: ${outcomes.get(name)!.failure ?? 'loaded'}`);
  }
  for (let round = 0; round < order.rounds; round++) {
    for (const peer of loaded) {
      const before = outcomes.get(peer.name)!;
      if (before.failure !== undefined) continue;
      try {
        const run = await peer.run(order.prompt, order.maxTokens);
        outcomes.set(peer.name, { ...before, runs: [...before.runs, run] });
      } catch (error) {
        outcomes.set(peer.name, { ...before, failure: reason(error) });
      }
    }
    console.info(`round ${round + 1} of ${order.rounds}`);
  }
  for (const peer of loaded) await peer.unload().catch(() => {});
  return [...outcomes.values()];
};

function makePeer(name: PeerName, { transformersUrl }: PeersOrder): Peer {
  switch (name) {
    case 'aerie':
      return new AeriePeer();
    case 'wllama-webgpu':
    case 'wllama-cpu':
      return new WllamaPeer(name);
    case 'web-llm':
      return new WebLlmPeer();
    case 'transformers.js':
      return new TransformersPeer(transformersUrl);
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
