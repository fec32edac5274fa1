import { Readable } from 'node:stream';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import Fastify, { type LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compressAnswers, encodingFor } from './compression.ts';

const app = Fastify();
const body = JSON.stringify({ all: Array.from({ length: 20_000 }, (_, at) => `series ${at}`) });

beforeAll(async () => {
  compressAnswers(app);
  const json = 'application/json; charset=utf-8';
  app.get('/text', (_request, reply) => reply.type(json).send(body));
  app.get('/bytes', (_request, reply) => reply.type(json).send(Buffer.from(body)));
  app.get('/small', (_request, reply) => reply.type(json).send('{}'));
  app.get('/picture', (_request, reply) => reply.type('image/png').send(Buffer.alloc(10_000)));
  app.get('/stream', (_request, reply) => reply.type(json).send(Readable.from([body])));
  await app.ready();
});

afterAll(() => app.close());

async function get(url: string, accept: string): Promise<LightMyRequestResponse> {
  return app.inject({ url, headers: { 'accept-encoding': accept } });
}

test.each(['/text', '/bytes'])('%s of a quarter of a megabyte is compressed', async (url) => {
  const br = await get(url, 'gzip, deflate, br');
  expect(br.headers).toMatchObject({ 'content-encoding': 'br', vary: 'accept-encoding' });
  expect(brotliDecompressSync(br.rawPayload).toString()).toBe(body);
  expect(Number(br.headers['content-length'])).toBe(br.rawPayload.length);
  const gzip = await get(url, 'gzip');
  expect(gzip.headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(gzip.rawPayload).toString()).toBe(body);
  expect(gzip.rawPayload.length).toBeLessThan(body.length / 4);
});

test.each([
  ['/text', ''],
  ['/text', 'identity'],
  ['/text', 'br;q=0, gzip;q=0'],
  ['/small', 'gzip'],
  ['/picture', 'gzip'],
  ['/stream', 'gzip'],
])('%s for %j is sent as it is', async (url, accept) => {
  expect((await get(url, accept)).headers).not.toHaveProperty('content-encoding');
});

test('the encoding that a client takes', () => {
  expect(encodingFor(undefined)).toBe(undefined);
  expect(encodingFor('GZIP')).toBe('gzip');
  expect(encodingFor('gzip;q=0.5, br;q=0')).toBe('gzip');
  expect(encodingFor('*')).toBe('br');
  expect(encodingFor('*;q=0')).toBe(undefined);
});
