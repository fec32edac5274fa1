/** Spans of time as people type them: `90s`, `10m`, `1.5h`, `7d`. */
const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Undefined for what is no span. */
export function spanMs(text: string): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([smhd])?\s*$/i.exec(text);
  if (!match) return undefined;
  const unit = UNITS[(match[2]?.toLowerCase() ?? 's') as keyof typeof UNITS];
  return Math.round(Number(match[1]) * unit);
}

export function spanText(ms: number): string {
  for (const unit of ['d', 'h', 'm'] as const)
    if (ms > 0 && ms % UNITS[unit] === 0) return `${ms / UNITS[unit]}${unit}`;
  return `${ms / 1000}s`;
}
