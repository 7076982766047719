type Scroll = { scrollTop: number; height: number; rowHeight: number; count: number };

/** Which rows of a long list are to be drawn: from `first` up to but not including `end`. */
export const windowOf = (
  { scrollTop, height, rowHeight, count }: Scroll,
  overscan = 6,
): { first: number; end: number } => {
  const lastTop = Math.max(0, count * rowHeight - height);
  const top = Math.min(Math.max(0, scrollTop), lastTop);
  const first = Math.max(0, Math.floor(top / rowHeight) - overscan);
  const end = Math.min(count, Math.ceil((top + height) / rowHeight) + overscan);
  return { first, end };
};

/** Where to scroll so that a row is seen whole; the present place when it is already. */
export const scrollToShow = (index: number, { scrollTop, height, rowHeight }: Scroll): number => {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + height) return top + rowHeight - height;
  return scrollTop;
};
