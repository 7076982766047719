/** What a beat costs when nothing is done with it: the same schemas, the same reply, and no work in between. */
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify from 'fastify';
import { BeatAnswer, BeatBody } from '../../../src/http/schemas/beat.ts';
import { sampleAnswer } from '../sample-answer.ts';

const app = Fastify({ logger: false }).withTypeProvider<TypeBoxTypeProvider>();

app.post(
  '/registry/heartbeat',
  { schema: { body: BeatBody, response: { 200: BeatAnswer } } },
  () => sampleAnswer,
);
app.get('/readyz', () => ({ ready: true }));

await app.listen({ host: '127.0.0.1', port: Number(process.argv[2]) });
