import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../src/cli/read-lines.ts';
import { readEventStream, type StreamMessage } from '../../src/client/event-stream.ts';

async function* bytes(text: string, cuts: readonly number[] = []): AsyncGenerator<Uint8Array> {
  const all = new TextEncoder().encode(text);
  const ends = [...new Set([...cuts.map((cut) => cut % (all.length + 1)), all.length])].sort((a, b) => a - b);
  let begin = 0;
  for (const end of ends) {
    yield all.slice(begin, end);
    begin = end;
  }
}

const collect = async <T>(generator: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const each of generator) all.push(each);
  return all;
};
const read = (text: string, cuts?: number[]) => collect(readEventStream(bytes(text, cuts)));

const message = (changes: Partial<StreamMessage>): StreamMessage => ({
  id: null,
  event: 'message',
  data: '',
  ...changes,
});

describe('an event stream', () => {
  it('gives each message with its id and name, and passes over comments', async () => {
    expect(await read(': hello\n\nid: 4\nevent: a.b\ndata: {"x":1}\n\ndata: 2\n\n')).toEqual([
      message({ id: '4', event: 'a.b', data: '{"x":1}' }),
      message({ data: '2' }),
    ]);
  });

  it('joins data lines, and gives an id that comes alone', async () => {
    expect(await read('data: a\ndata:b\n\nid: 9\n\n')).toEqual([
      message({ data: 'a\nb' }),
      message({ id: '9' }),
    ]);
  });

  it('drops a message that was cut off', async () => {
    expect(await read('data: whole\n\nid: 5\ndata: half')).toEqual([message({ data: 'whole' })]);
  });

  it('reads the same however the bytes arrive', async () => {
    const text = 'id: 1\r\ndata: grün 🌱\r\n\r\nid: 2\ndata: b\n\n: x\n\nid: 3\rdata: c\r\r';
    const whole = await read(`${text}data: end\n\n`);
    expect(whole.map(({ id }) => id)).toEqual(['1', '2', '3', null]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 200 }), { maxLength: 20 }), async (cuts) => {
        expect(await read(`${text}data: end\n\n`, cuts)).toEqual(whole);
      }),
    );
  });

  it('tells that something was heard, comments too', async () => {
    let heard = 0;
    await collect(
      readEventStream(bytes(': ping\n\n'), () => {
        heard += 1;
      }),
    );
    expect(heard).toBe(1);
  });
});

describe('lines', () => {
  it('are given whole, the last one even without its end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 40 }), { maxLength: 8 }), async (cuts) => {
        expect(await collect(readLines(bytes('one\n\nzwölf 🌱\nlast', cuts)))).toEqual([
          'one',
          '',
          'zwölf 🌱',
          'last',
        ]);
      }),
    );
  });
});
