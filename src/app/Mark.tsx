/** The mark: an eagle with Altair for its head, over the bowl of its nest. As public/icons/icon.svg. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" className={className} aria-hidden="true">
      <path
        d="M1.5 6.2C6.2 6.2 10.2 8.4 12 12.2 13.8 8.4 17.8 6.2 22.5 6.2 19.6 8 17 10.6 15.6 13.6L12 17.6 8.4 13.6C7 10.6 4.4 8 1.5 6.2Z"
        fill="currentColor"
      />
      <circle cx="12" cy="5.4" r="2" fill="currentColor" />
      <path
        d="M4.6 17.4C7.6 22.2 16.4 22.2 19.4 17.4"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
      />
    </svg>
  );
}
