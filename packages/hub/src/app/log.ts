import { pino, type DestinationStream, type Logger } from 'pino';

const secrets = [
  'authorization',
  'cookie',
  '"set-cookie"',
  'password',
  'current',
  'token',
  'secret',
  'key',
  'code',
];

/** JSON lines. Fields that could hold a secret are censored wherever a mistake would log them. */
export function hubLog(level: string, destination: DestinationStream): Logger {
  const paths = secrets.flatMap((name) => {
    const step = name.startsWith('"') ? `[${name}]` : `.${name}`;
    return [
      `headers${step}`,
      `req.headers${step}`,
      `res.headers${step}`,
      `body${step}`,
      `req.body${step}`,
    ];
  });
  return pino({ level, base: null, redact: { paths, censor: '[secret]' } }, destination);
}
