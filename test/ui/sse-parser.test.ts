import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSseParser } from '../../src/ui/live/sse-parser.ts';

const STREAM = [
  ': a comment that keeps it alive\n\n',
  'id: 7\nevent: journal\ndata: {"seq":7}\n\n',
  'event: moment\r\ndata: {"a":1,\r\ndata: "b":2}\r\n\r\n',
  'retry: 500\ndata\n\n',
  'event: ignored without data\n\n',
].join('');

const EVENTS = [
  { event: 'journal', data: '{"seq":7}', id: '7' },
  { event: 'moment', data: '{"a":1,\n"b":2}', id: '7' },
  { event: 'message', data: '', id: '7' },
];

describe('an event stream', () => {
  it('gives its events with the last id that was seen', () => {
    expect(createSseParser()(STREAM)).toEqual(EVENTS);
  });

  it('gives the same events however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 12 }), (cuts) => {
        const parse = createSseParser();
        const places = [0, ...cuts.toSorted((a, b) => a - b), STREAM.length];
        const found = places.slice(1).flatMap((end, index) => parse(STREAM.slice(places[index], end)));
        expect(found).toEqual(EVENTS);
      }),
    );
  });

  it('keeps an event that is not complete to itself', () => {
    const parse = createSseParser();
    expect(parse('data: half')).toEqual([]);
    expect(parse('\n')).toEqual([]);
    expect(parse('\n')).toEqual([{ event: 'message', data: 'half', id: '' }]);
  });
});
