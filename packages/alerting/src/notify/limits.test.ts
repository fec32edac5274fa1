/** What vendors take: a message is cut to it in their own unit, and one that is refused for its size comes shorter. */
import { createECDH, generateKeyPairSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReceiverSettings } from '../index.ts';
import { alert } from '../../test/dispatch-kit.ts';
import { local, message } from '../../test/peer-servers.ts';
import { deliver, generateVapidKeys, type OutgoingRequest } from './index.ts';
import { cutTo, inBytes, inUtf16 } from './size.ts';

const bytes = (text: string): number => Buffer.byteLength(text);
const keys = (() => {
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  return { p256dh: ecdh.getPublicKey('base64url'), auth: randomBytes(16).toString('base64url') };
})();

interface Vendor {
  readonly settings: ReceiverSettings;
  /** Throws for what the vendor refuses. */
  accept(body: string): void;
}

const at = 'https://vendor.example/hook';
const vendors: Readonly<Record<string, Vendor>> = {
  ntfy: {
    settings: { kind: 'ntfy', topic: 'ops' },
    accept(body) {
      const { message: text } = JSON.parse(body) as { message: string };
      expect(bytes(text)).toBeLessThanOrEqual(4_096);
    },
  },
  opsgenie: {
    settings: { kind: 'opsgenie', apiKey: 'a-key' },
    accept(body) {
      const {
        message: title,
        description,
        details,
      } = JSON.parse(body) as {
        message: string;
        description: string;
        details: Record<string, string>;
      };
      expect(title.length).toBeLessThanOrEqual(130);
      expect(description.length).toBeLessThanOrEqual(15_000);
      expect(Object.entries(details).flat().join('').length).toBeLessThanOrEqual(8_000);
    },
  },
  teams: {
    settings: { kind: 'teams', url: at },
    accept: (body) => expect(bytes(body)).toBeLessThanOrEqual(28_000),
  },
  slack: {
    settings: { kind: 'slack', url: at },
    accept(body) {
      const [{ blocks }] = (
        JSON.parse(body) as { attachments: [{ blocks: { text: { text: string } }[] }] }
      ).attachments;
      for (const { text } of blocks) {
        expect(text.text.length).toBeLessThanOrEqual(3_000);
        // No entity is torn.
        const words = text.text.replaceAll(/https?:\/\/\S+/g, '');
        expect(words.replaceAll(/&(amp|lt|gt);/g, '')).not.toMatch(/[&<>]/);
      }
    },
  },
  discord: {
    settings: { kind: 'discord', url: at },
    accept(body) {
      const { embeds } = JSON.parse(body) as { embeds: { title: string; description: string }[] };
      let all = 0;
      for (const { title, description } of embeds) {
        expect(title.length).toBeLessThanOrEqual(256);
        expect(description.length).toBeLessThanOrEqual(4_096);
        all += title.length + description.length;
      }
      expect(all).toBeLessThanOrEqual(6_000);
    },
  },
  telegram: {
    settings: { kind: 'telegram', token: '1:a-token', chatId: '1' },
    accept(body) {
      expect((JSON.parse(body) as { text: string }).text.length).toBeLessThanOrEqual(4_096);
    },
  },
  pagerduty: {
    settings: { kind: 'pagerduty', routingKey: 'a'.repeat(32) },
    accept(body) {
      const { payload } = JSON.parse(body) as { payload: { summary: string } };
      expect(payload.summary.length).toBeLessThanOrEqual(1_024);
      expect(bytes(body)).toBeLessThanOrEqual(512_000);
    },
  },
  pushover: {
    settings: { kind: 'pushover', token: 'a-token', userKey: 'a-user' },
    accept(body) {
      const { message: text, title } = JSON.parse(body) as { message: string; title: string };
      expect(text.length).toBeLessThanOrEqual(1_024);
      expect(title.length).toBeLessThanOrEqual(250);
    },
  },
  matrix: {
    settings: { kind: 'matrix', server: 'https://m.example', token: 'a-token', room: '!a:b' },
    accept: (body) => expect(bytes(body)).toBeLessThanOrEqual(65_536),
  },
  mattermost: {
    settings: { kind: 'mattermost', url: at },
    accept(body) {
      const [{ text }] = (JSON.parse(body) as { attachments: [{ text: string }] }).attachments;
      expect(text.length).toBeLessThanOrEqual(16_383);
    },
  },
  'Google Chat': {
    settings: { kind: 'google-chat', url: at },
    accept: (body) => expect(bytes(body)).toBeLessThanOrEqual(32_000),
  },
  'Jira Service Management': {
    settings: { kind: 'jira-service-management', apiKey: 'a-key' },
    accept(body) {
      const { description } = JSON.parse(body) as { description: string };
      expect(description.length).toBeLessThanOrEqual(15_000);
    },
  },
  KakaoWork: {
    settings: { kind: 'kakaowork', appKey: 'a-key', conversationId: '1' },
    accept(body) {
      expect((JSON.parse(body) as { text: string }).text.length).toBeLessThanOrEqual(2_000);
    },
  },
  'NAVER WORKS': {
    settings: {
      kind: 'naver-works',
      clientId: 'a-client',
      clientSecret: 'a-secret',
      serviceAccount: 'hub@example',
      privateKey: String(
        generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({
          type: 'pkcs8',
          format: 'pem',
        }),
      ),
      botId: '1',
      channelId: '2',
    },
    accept(body) {
      const { content } = JSON.parse(body) as { content: { text: string } };
      expect(content.text.length).toBeLessThanOrEqual(2_000);
    },
  },
  JANDI: {
    settings: { kind: 'jandi', url: at },
    accept: (body) => expect((JSON.parse(body) as { body: string }).body).not.toBe(''),
  },
  'web push': {
    settings: {
      kind: 'web-push',
      subscriptions: [{ endpoint: at, keys }],
      subject: 'mailto:a@example.com',
      ...generateVapidKeys(),
    },
    accept: () => undefined,
  },
};

/** What is answered to who asks for a token first. */
const tokenOf = ({ url }: OutgoingRequest) =>
  url.endsWith('/oauth2/v2.0/token')
    ? { status: 200, headers: {}, body: '{"access_token":"a-token"}' }
    : undefined;

/** 20 alerts with sentences of that text. */
const storm = (summary: string) =>
  message({
    alerts: Array.from({ length: 20 }, (_, index) => ({
      alert: alert({ id: `a${index}`, summary }),
      labels: {},
      runbookUrl: `https://runbooks.example/${index}?a=1&b=_2_`,
    })),
  });

const lone = /(?:[\uD800-\uDBFF](?![\uDC00-\uDFFF]))|(?:(?<![\uD800-\uDBFF])[\uDC00-\uDFFF])/;

async function sizes(vendor: Vendor, summary: string): Promise<void> {
  let asked = 0;
  const send = async (request: OutgoingRequest) => {
    const token = tokenOf(request);
    if (token) return token;
    const { body } = request;
    asked++;
    if (vendor.settings.kind === 'web-push') expect(body.length).toBeLessThanOrEqual(4_096);
    else {
      expect(String(body)).not.toMatch(lone);
      vendor.accept(String(body));
    }
    return { status: 200, headers: {}, body: '{"ok":true}' };
  };
  const outcome = await deliver(storm(summary), vendor.settings, { ...local, send });
  expect(outcome.kind).toBe('delivered');
  expect(asked).toBe(1);
}

describe.each(Object.entries(vendors))('%s', (_, vendor) => {
  test.each([
    ['Korean', '서울 웹1 메모리 부족 경고입니다 '.repeat(18).slice(0, 300)],
    ['what has to be escaped', '<b>*_~`|>#[x](y)&amp;</b>'.repeat(12)],
    ['flags and families', '🇰🇷👩‍👩‍👧‍👦é'.repeat(40)],
    ['one word of 5,000 letters', '가'.repeat(5_000)],
  ])('20 alerts of %s', (__, summary) => sizes(vendor, summary));

  test('any sentence', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 2_000 }), (summary) =>
        sizes(vendor, summary),
      ),
      { numRuns: 15 },
    );
  });

  test('a refusal for its size is answered by a shorter one, not by the same', async () => {
    const lengths: number[] = [];
    const send = async (request: OutgoingRequest) => {
      const token = tokenOf(request);
      if (token) return token;
      lengths.push(request.body.length);
      const isLong = lengths.length === 1;
      return { status: isLong ? 413 : 200, headers: {}, body: isLong ? 'Payload Too Large' : '{}' };
    };
    const outcome = await deliver(storm('웹1 메모리 부족 '.repeat(30)), vendor.settings, {
      ...local,
      send,
    });
    expect(outcome.kind).toBe('delivered');
    expect(lengths).toHaveLength(2);
    expect(lengths[1]).toBeLessThan(lengths[0] as number);
  });
});

test('a text is cut where people see a letter end, and measures at most what it may', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.nat(400),
      fc.constantFrom(inBytes, inUtf16),
      (text, limit, measure) => {
        const short = cutTo(text, limit, measure);
        expect(measure(short)).toBeLessThanOrEqual(Math.max(limit, 0));
        if (measure(text) <= limit) expect(short).toBe(text);
        else if (short !== '') {
          const letters = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
          const kept = short.slice(0, -1);
          const whole = letters.reduce<string[]>(
            (starts, letter) => [...starts, (starts.at(-1) ?? '') + letter],
            [''],
          );
          expect(whole).toContain(kept);
        }
      },
    ),
    { numRuns: 500 },
  );
});

describe('webhook', () => {
  const ask = async (settings: object): Promise<OutgoingRequest> => {
    let sent: OutgoingRequest | undefined;
    const send = async (request: OutgoingRequest) => {
      sent = request;
      return { status: 200, headers: {}, body: '' };
    };
    await deliver(storm('이름 "웹1"'), { kind: 'webhook', url: at, ...settings } as never, {
      ...local,
      send,
    });
    return sent as OutgoingRequest;
  };

  test('a template stands for JSON, within quotes and without', async () => {
    const { body } = await ask({
      template: '{"text": {{text}}, "n": {{count}}, "say": "{{ title }}!", "all": {{alerts}}}',
    });
    const read = JSON.parse(String(body)) as Record<string, unknown>;
    expect(read).toMatchObject({ n: 20, say: expect.stringContaining('이름 "웹1"') });
    expect(read['text']).toContain('critical: 이름 "웹1"');
    expect(read['all']).toHaveLength(20);
  });

  test('another method, and headers of one’s own', async () => {
    const request = await ask({ method: 'PUT', headers: 'X-Api-Key: a-key\nX-Team: ops' });
    expect(request.method).toBe('PUT');
    expect(request.headers).toMatchObject({ 'x-api-key': 'a-key', 'x-team': 'ops' });
  });
});
