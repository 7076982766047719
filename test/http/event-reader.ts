/** Reads server-sent events one by one, so that a test can stop in the middle. */
export const openEvents = async (url: string, headers: Record<string, string>) => {
  const gone = new AbortController();
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: gone.signal,
  });
  const body = response.body;
  if (body === null) throw new Error('no body');
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = '';
  const nextBlock = async (): Promise<string | null> => {
    while (!pending.includes('\n\n')) {
      const { value, done } = await reader.read();
      if (done) return null;
      pending += value;
    }
    const end = pending.indexOf('\n\n');
    const block = pending.slice(0, end);
    pending = pending.slice(end + 2);
    return block;
  };
  return {
    response,
    nextBlock,
    /** The next event that carries data; null at the end of the stream. */
    async next() {
      for (let block = await nextBlock(); block !== null; block = await nextBlock()) {
        const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2)));
        if (fields.data !== undefined)
          return { id: Number(fields.id), event: fields.event, row: JSON.parse(fields.data) };
      }
      return null;
    },
    close: () => gone.abort(),
  };
};
