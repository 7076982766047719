/** As HTTP compares for `If-None-Match`: weakly, so `W/` makes no difference. */
export const isAmong = (etag: string, header: string | undefined): boolean =>
  header !== undefined &&
  header
    .split(',')
    .map((each) => each.trim())
    .some((each) => each === '*' || each.replace(/^W\//, '') === etag);
