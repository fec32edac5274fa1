/** What each integration asks for. The types are those of its settings: a new setting is an error here until it is asked. */
import type { ReceiverInput, KindSettings } from '@openmanager/alerting/model';
import type { MessageId } from '../../i18n/locale.ts';

export interface FieldSpec {
  readonly label: MessageId;
  readonly secret?: boolean;
  readonly required?: boolean;
  readonly kind?: 'number' | 'list' | 'security' | 'lines';
  readonly placeholder?: string;
  /** What there is to choose from; the first is the default. */
  readonly choices?: readonly string[];
}

/** Browsers subscribe by themselves. */
type AskedKind = ReceiverInput['kind'];
type Fields<K extends AskedKind> = Readonly<
  Record<Exclude<keyof KindSettings<K>, 'kind'>, FieldSpec>
>;

const url: FieldSpec = {
  label: 'receiver.url',
  required: true,
  secret: true,
  placeholder: 'https://…',
};
const token: FieldSpec = { label: 'receiver.token', required: true, secret: true };
const user: FieldSpec = { label: 'receiver.user' };
const password: FieldSpec = { label: 'receiver.password', secret: true };
const server = (placeholder: string, required = false): FieldSpec => ({
  label: 'receiver.server',
  placeholder,
  required,
});

const kinds: {
  readonly [K in AskedKind]: { readonly name: string; readonly fields: Fields<K> };
} = {
  webhook: {
    name: 'Webhook',
    fields: {
      url,
      secret: { label: 'receiver.signing', secret: true },
      authorization: {
        label: 'receiver.authorization',
        secret: true,
        placeholder: 'Bearer …',
      },
      method: { label: 'receiver.method', choices: ['POST', 'PUT', 'PATCH'] },
      headers: {
        label: 'receiver.headers',
        kind: 'lines',
        secret: true,
        placeholder: 'X-Api-Key: …',
      },
      template: { label: 'receiver.template', kind: 'lines', placeholder: '{"text": {{text}}}' },
    },
  },
  email: {
    name: 'Email (SMTP)',
    fields: {
      host: { label: 'receiver.host', required: true, placeholder: 'smtp.example.org' },
      port: { label: 'receiver.port', required: true, kind: 'number', placeholder: '465' },
      security: { label: 'receiver.security', kind: 'security' },
      user,
      password,
      from: { label: 'receiver.from', required: true },
      to: {
        label: 'receiver.to',
        required: true,
        kind: 'list',
        placeholder: 'a@example.org, b@example.org',
      },
    },
  },
  slack: { name: 'Slack', fields: { url } },
  discord: { name: 'Discord', fields: { url } },
  telegram: {
    name: 'Telegram',
    fields: {
      token,
      chatId: { label: 'receiver.chat', required: true },
      server: server('https://api.telegram.org'),
    },
  },
  teams: { name: 'Microsoft Teams', fields: { url } },
  pagerduty: {
    name: 'PagerDuty',
    fields: {
      routingKey: { label: 'receiver.routingKey', required: true, secret: true },
      server: server('https://events.pagerduty.com'),
    },
  },
  opsgenie: {
    name: 'Opsgenie',
    fields: {
      apiKey: { label: 'receiver.apiKey', required: true, secret: true },
      server: server('https://api.opsgenie.com'),
    },
  },
  ntfy: {
    name: 'ntfy',
    fields: {
      topic: { label: 'receiver.topic', required: true },
      token: { ...token, required: false },
      server: server('https://ntfy.sh'),
    },
  },
  gotify: { name: 'Gotify', fields: { server: server('https://gotify.example.org', true), token } },
  pushover: {
    name: 'Pushover',
    fields: {
      token,
      userKey: { label: 'receiver.userKey', required: true, secret: true },
      server: server('https://api.pushover.net'),
    },
  },
  matrix: {
    name: 'Matrix',
    fields: {
      server: server('https://matrix.example.org', true),
      token,
      room: { label: 'receiver.room', required: true, placeholder: '!abc:example.org' },
    },
  },
  mattermost: { name: 'Mattermost', fields: { url } },
  'google-chat': { name: 'Google Chat', fields: { url } },
  'jira-service-management': {
    name: 'Jira Service Management',
    fields: {
      apiKey: { label: 'receiver.apiKey', required: true, secret: true },
      server: server('https://api.atlassian.com/jsm/ops/integration'),
    },
  },
  kakaowork: {
    name: 'KakaoWork',
    fields: {
      appKey: { label: 'receiver.appKey', required: true, secret: true },
      conversationId: { label: 'receiver.conversation', required: true },
      server: server('https://api.kakaowork.com'),
    },
  },
  jandi: { name: 'JANDI', fields: { url } },
  'naver-works': {
    name: 'NAVER WORKS',
    fields: {
      clientId: { label: 'receiver.clientId', required: true },
      clientSecret: { label: 'receiver.clientSecret', required: true, secret: true },
      serviceAccount: { label: 'receiver.serviceAccount', required: true },
      privateKey: {
        label: 'receiver.privateKey',
        kind: 'lines',
        required: true,
        secret: true,
        placeholder: '-----BEGIN PRIVATE KEY-----',
      },
      botId: { label: 'receiver.bot', required: true },
      channelId: { label: 'receiver.channel', required: true },
      authServer: { label: 'receiver.authServer', placeholder: 'https://auth.worksmobile.com' },
      server: server('https://www.worksapis.com'),
    },
  },
  alertmanager: {
    name: 'Alertmanager',
    fields: {
      server: server('http://alertmanager:9093', true),
      user,
      password,
      watchdog: { label: 'receiver.watchdog', choices: ['on', 'off'] },
    },
  },
  heartbeat: {
    name: 'Heartbeat',
    fields: {
      url: { ...url, placeholder: 'https://hc-ping.com/…' },
      method: { label: 'receiver.method', choices: ['GET', 'POST'] },
    },
  },
};

/** Settings that may lack fields: secrets are never shown, and a form is filled in one field after another. */
export type ReceiverDraft = {
  readonly [K in AskedKind]: Pick<KindSettings<K>, 'kind'> & Partial<KindSettings<K>>;
}[AskedKind];

export const receiverKinds: readonly AskedKind[] = Object.keys(kinds) as AskedKind[];

export function receiverName(kind: AskedKind): string {
  return kinds[kind].name;
}

/** Names of settings with how each is asked for, in the order of the form. */
export function fieldsOfReceiver(kind: AskedKind): readonly (readonly [string, FieldSpec])[] {
  return Object.entries<FieldSpec>(kinds[kind].fields);
}

export function newSettings(kind: AskedKind): ReceiverDraft {
  return kind === 'email' ? { kind, port: 465, security: 'tls' } : { kind };
}

export type SettingValue = string | number | readonly string[];

export function settingOf(settings: ReceiverDraft, name: string): SettingValue | undefined {
  return (settings as unknown as Readonly<Record<string, SettingValue | undefined>>)[name];
}

/** Settings with one changed, or left out when it is empty; all others stay as they are. */
export function withSetting(
  settings: ReceiverDraft,
  name: string,
  value: SettingValue,
): ReceiverDraft {
  const { [name]: _, ...rest } = settings as unknown as Record<string, SettingValue>;
  return (value === '' ? rest : { ...rest, [name]: value }) as unknown as ReceiverDraft;
}
