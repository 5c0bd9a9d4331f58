import { describe, expect, it } from 'vitest';
import type { Conversation } from '../../store/chats';
import { addMessage, patchMessage, pathTo, showBranch, titleFrom, versionsOf, visiblePath } from './tree';

function empty(): Conversation {
  return {
    id: 'c',
    title: '',
    isNamed: false,
    createdAt: 0,
    updatedAt: 0,
    modelId: 'm',
    options: {},
    messages: {},
    roots: [],
    currentLeaf: null,
  };
}

let clock = 0;
function say(conversation: Conversation, id: string, parentId: string | null): Conversation {
  clock += 1;
  const role = id.startsWith('q') ? 'user' : 'assistant';
  return addMessage(conversation, { id, parentId, role, content: id, status: 'done' }, clock);
}
const ids = (conversation: Conversation) => visiblePath(conversation).map(({ id }) => id);

/** q1 -> a1 -> q2 -> a2 */
function twoTurns(): Conversation {
  return say(say(say(say(empty(), 'q1', null), 'a1', 'q1'), 'q2', 'a1'), 'a2', 'q2');
}

describe('message tree', () => {
  it('shows the path to the last message', () => {
    expect(ids(empty())).toEqual([]);
    expect(ids(twoTurns())).toEqual(['q1', 'a1', 'q2', 'a2']);
  });

  it('keeps the old answer when another is made, and goes back to it with what followed', () => {
    const both = say(twoTurns(), 'a1b', 'q1');
    expect(ids(both)).toEqual(['q1', 'a1b']);
    expect(versionsOf(both, 'a1b')).toEqual({ ids: ['a1', 'a1b'], position: 1 });
    expect(ids(showBranch(both, 'a1', 99))).toEqual(['q1', 'a1', 'q2', 'a2']);
  });

  it('branches at the first message too', () => {
    const both = say(say(twoTurns(), 'q1b', null), 'a1b', 'q1b');
    expect(both.roots).toEqual(['q1', 'q1b']);
    expect(ids(both)).toEqual(['q1b', 'a1b']);
    expect(ids(showBranch(both, 'q1', 99))).toEqual(['q1', 'a1', 'q2', 'a2']);
  });

  it('shows the newest leaf of a branch', () => {
    const deep = say(say(twoTurns(), 'a2b', 'q2'), 'q1b', null);
    expect(ids(showBranch(deep, 'q1', 99))).toEqual(['q1', 'a1', 'q2', 'a2b']);
  });

  it('changes nothing of what it was given', () => {
    const before = twoTurns();
    const copy = structuredClone(before);
    say(before, 'a2b', 'q2');
    patchMessage(before, 'a2', { content: 'new' }, 5);
    showBranch(before, 'a1', 5);
    expect(before).toEqual(copy);
  });

  it('patches one message and ignores one that is gone', () => {
    const patched = patchMessage(twoTurns(), 'a2', { content: 'new', status: 'interrupted' }, 77);
    expect(patched.messages.a2).toMatchObject({ content: 'new', status: 'interrupted', updatedAt: 77 });
    const same = twoTurns();
    expect(patchMessage(same, 'nope', { content: 'x' }, 1)).toBe(same);
    expect(showBranch(same, 'nope', 1)).toBe(same);
  });

  it('survives damaged records: a missing parent, a cycle, a missing child', () => {
    const orphan = say(twoTurns(), 'q9', 'not-there');
    expect(ids(orphan)).toEqual(['q9']);
    const whole = twoTurns();
    const cyclic: Conversation = {
      ...whole,
      messages: { ...whole.messages, q1: { ...whole.messages.q1!, parentId: 'a2' } },
    };
    expect(pathTo(cyclic, 'a2').map(({ id }) => id)).toEqual(['q1', 'a1', 'q2', 'a2']);
    expect(ids(showBranch(cyclic, 'q1', 9))).toHaveLength(4);
    const hole: Conversation = {
      ...whole,
      messages: { ...whole.messages, a2: { ...whole.messages.a2!, children: ['gone'] } },
    };
    expect(ids(showBranch(hole, 'a2', 9))).toEqual(['q1', 'a1', 'q2', 'a2']);
  });
});

describe('titleFrom', () => {
  it('takes the first line that says something, by characters', () => {
    expect(titleFrom('\n  你好，世界 \nmore')).toBe('你好，世界');
    expect(titleFrom('   ')).toBe('');
    const long = titleFrom('😀'.repeat(60));
    expect([...long]).toHaveLength(48);
    expect(long.endsWith('…')).toBe(true);
  });
});
