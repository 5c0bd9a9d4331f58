/**
 * Keeps a scrolling list at its end while it grows, until the user scrolls up; scrolling back to the end
 * takes hold again.
 */
import { useCallback, useEffect, useRef, useState } from 'react';

/** Closer to the end than this counts as being there. */
const NEAR_PX = 48;

export function useStickToBottom() {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const isStuck = useRef(true);
  const lastTop = useRef(0);
  const [isAtEnd, setIsAtEnd] = useState(true);

  const toEnd = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    isStuck.current = true;
    box.scrollTop = box.scrollHeight;
    setIsAtEnd(true);
  }, []);

  useEffect(() => {
    const box = scroller.current;
    const inner = content.current;
    if (!box || !inner) return;
    const onScroll = () => {
      const isNear = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_PX;
      // Only an upward move releases: growing content moves the end away without the user.
      if (box.scrollTop < lastTop.current && !isNear) isStuck.current = false;
      else if (isNear) isStuck.current = true;
      lastTop.current = box.scrollTop;
      setIsAtEnd(isNear);
    };
    const observer = new ResizeObserver(() => {
      if (isStuck.current) box.scrollTop = box.scrollHeight;
    });
    observer.observe(inner);
    observer.observe(box);
    box.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener('scroll', onScroll);
    };
  }, []);

  return { scroller, content, isAtEnd, toEnd };
}
