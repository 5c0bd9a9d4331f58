/** The conversations of the side bar, by age, with search by title. */
import { Search } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useT } from '../../i18n/language';
import type { MessageKey } from '../../i18n/zh-CN';
import type { ConversationMeta } from '../../store/chats';
import { ConversationItem } from './ConversationItem';
import { useChat } from './context';

const DAY_MS = 86_400_000;
/** Fewer than this need no search box. */
const SEARCH_FROM = 8;

interface ConversationListProps {
  readonly currentId: string | null;
  readonly onOpen: (id: string | null) => void;
}

export function ConversationList({ currentId, onOpen }: ConversationListProps) {
  const t = useT();
  const index = useChat((state) => state.index);
  const [query, setQuery] = useState('');
  const groups = useMemo(() => group(filter(index, query)), [index, query]);

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      {(index.length >= SEARCH_FROM || query !== '') && (
        <label className="mx-2 mb-1 flex items-center gap-2 rounded-md px-2 text-faint focus-within:bg-hover focus-within:outline-2 focus-within:outline-accent">
          <Search size={15} aria-hidden />
          <input
            type="search"
            aria-label={t('nav.search')}
            placeholder={t('nav.search')}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            className="min-w-0 flex-1 bg-transparent py-1.5 text-ink outline-none"
          />
        </label>
      )}
      <nav aria-label={t('nav.conversations')} className="min-h-0 flex-1 overflow-y-auto px-2 pb-4">
        {index.length === 0 && <p className="px-2 py-3 text-faint text-xs">{t('nav.noConversations')}</p>}
        {index.length > 0 && groups.length === 0 && (
          <p className="px-2 py-3 text-faint text-xs">{t('nav.noMatches', { query })}</p>
        )}
        {groups.map(({ label, entries }) => (
          <section key={label} aria-label={t(label)}>
            <h2 className="px-2 pt-3 pb-1 font-medium text-2xs text-faint">{t(label)}</h2>
            <ul>
              {entries.map((meta) => (
                <ConversationItem
                  key={meta.id}
                  meta={meta}
                  isCurrent={meta.id === currentId}
                  onOpen={onOpen}
                />
              ))}
            </ul>
          </section>
        ))}
      </nav>
    </div>
  );
}

function filter(index: readonly ConversationMeta[], query: string): readonly ConversationMeta[] {
  const wanted = query.trim().toLocaleLowerCase();
  return wanted ? index.filter((meta) => meta.title.toLocaleLowerCase().includes(wanted)) : index;
}

interface Group {
  readonly label: MessageKey;
  readonly entries: ConversationMeta[];
}

function group(index: readonly ConversationMeta[]): readonly Group[] {
  const midnight = new Date().setHours(0, 0, 0, 0);
  const groups: Group[] = [
    { label: 'nav.today', entries: [] },
    { label: 'nav.week', entries: [] },
    { label: 'nav.older', entries: [] },
  ];
  for (const meta of index) {
    const at = meta.updatedAt >= midnight ? 0 : meta.updatedAt >= midnight - 6 * DAY_MS ? 1 : 2;
    groups[at]?.entries.push(meta);
  }
  return groups.filter(({ entries }) => entries.length > 0);
}
